// Owns the 一机一档 (camera archive): its fields, enumerations and which are required (domain: MPS 27-field template).
// Refuses: online status, which is measured (health.ts); `deviceStatus` here is what the archive says.
import { z } from 'zod'
import { lineOfText } from './wire.ts'

export const vendors = {
  1: '海康威视', 2: '大华', 3: '天地伟业', 4: '科达', 5: '安讯士', 6: '博世', 7: '亚安', 8: '英飞拓', 9: '宇视', 10: '海信',
  11: '中星电子', 12: '明景', 13: '联想', 14: '中兴', 15: '华为', 99: '其他',
} as const
export const pointTypes = { 1: '一类视频监控点', 2: '二类视频监控点', 3: '三类视频监控点', 4: '公安内部视频监控点', 9: '其他点位' } as const
export const cameraTypes = { 1: '球机', 2: '半球', 3: '固定枪机', 4: '遥控枪机', 5: '卡口枪机', 99: '未知' } as const
export const functionTypes = { 1: '车辆卡口', 2: '人员卡口', 3: '微卡口', 4: '特征摄像机', 5: '普通监控', 6: '高空瞭望摄像机', 99: '其他' } as const
export const supplementLights = { 1: '无补光', 2: '红外补光', 3: '白光补光', 4: '激光补光', 9: '其他' } as const
export const positionTypes = {
  1: '省际检查站', 2: '党政机关', 3: '车站码头', 4: '中心广场', 5: '体育场馆', 6: '商业中心', 7: '宗教场所', 8: '校园周边',
  9: '治安复杂区域', 10: '交通干线', 11: '医院周边', 12: '金融机构周边', 13: '危险物品场所周边', 14: '博物馆展览馆',
  15: '重点水域、航道', 96: '市际公安检查站', 97: '涉外场所', 98: '边境沿线', 99: '旅游景区',
} as const
export const directions = { 1: '东', 2: '西', 3: '南', 4: '北', 5: '东南', 6: '东北', 7: '西南', 8: '西北', 9: '全向' } as const
export const deviceStatuses = { 1: '在用', 2: '维修', 3: '拆除' } as const
export const departments = {
  1: '公安机关', 2: '环保', 3: '文博', 4: '医疗', 5: '旅游管理', 6: '新闻广电', 7: '食品医药监督', 8: '教育', 9: '检察院', 10: '法院',
  11: '金融', 12: '交通', 13: '住建', 14: '水利', 15: '林业', 16: '安监', 17: '市政市容委', 18: '国土局',
} as const
export const codecLabels = ['MPEG-4', 'H.264', 'SVAC', 'H.265', 'MJPEG'] as const

const oneOf = (table: Record<number, string>) => z.number().int().refine((code) => code in table, 'is not one of the listed codes')
const someOf = (table: Record<number, string>) => z.array(oneOf(table)).max(8)
const ipv4 = z.union([z.literal(''), z.ipv4()])

/** 国标编码: 20 digits, GB/T 28181 rule A. */
export const gbCodeSchema = z.string().regex(/^\d{20}$/, 'must be 20 digits')
/** MAC address as XX-XX-XX-XX-XX-XX. */
export const macSchema = z.string().regex(/^[0-9A-F]{2}(-[0-9A-F]{2}){5}$/, 'must be XX-XX-XX-XX-XX-XX')

/** The archive of one camera; keys in the order of the 27-field template. Empty string = not filled in. */
export const archiveSchema = z.strictObject({
  gbCode: gbCodeSchema,
  name: lineOfText(50).min(1),
  vendor: oneOf(vendors),
  civilCode: z.string().regex(/^\d{6}(\d{2})?$/),
  pointType: oneOf(pointTypes),
  model: lineOfText(64),
  alias: lineOfText(50),
  ipv4,
  ipv6: z.union([z.literal(''), z.ipv6()]),
  mac: z.union([z.literal(''), macSchema]),
  cameraType: oneOf(cameraTypes),
  functionTypes: someOf(functionTypes),
  supplementLight: oneOf(supplementLights).nullable(),
  codec: z.enum(['', ...codecLabels]),
  address: lineOfText(100),
  /** WGS-84 degrees, six decimals. */
  longitude: z.number().min(-180).max(180).nullable(),
  latitude: z.number().min(-90).max(90).nullable(),
  positionTypes: someOf(positionTypes),
  direction: oneOf(directions).nullable(),
  networked: z.boolean(),
  policeCode: z.union([z.literal(''), z.string().regex(/^\d{12}$/)]),
  installedOn: z.union([z.literal(''), z.iso.date()]),
  managementUnit: lineOfText(60),
  managementContact: lineOfText(60),
  recordDays: z.number().int().min(30, 'must be at least 30 (国令799 art. 17)').max(3650),
  deviceStatus: oneOf(deviceStatuses),
  departments: someOf(departments),
})
export type Archive = z.infer<typeof archiveSchema>

/** Chinese column headings of the import and export file, in order; one heading per archive key, plus 所属单位编码. */
export const archiveHeadings: Record<keyof Archive, string> = {
  gbCode: '设备编码', name: '设备名称', vendor: '设备厂商', civilCode: '行政区域', pointType: '监控点位类型', model: '设备型号',
  alias: '点位俗称', ipv4: 'IPv4地址', ipv6: 'IPv6地址', mac: 'MAC地址', cameraType: '摄像机类型', functionTypes: '摄像机功能类型',
  supplementLight: '补光属性', codec: '摄像机编码格式', address: '安装地址', longitude: '经度', latitude: '纬度',
  positionTypes: '摄像机位置类型', direction: '监控方位', networked: '联网属性', policeCode: '所属辖区公安机关', installedOn: '安装时间',
  managementUnit: '管理单位', managementContact: '管理单位联系方式', recordDays: '录像保存天数', deviceStatus: '设备状态',
  departments: '所属部门/行业',
}
/** Keys that the template marks as required; an archive that leaves one empty is not 合格. */
export const requiredArchiveKeys: readonly (keyof Archive)[] = [
  'gbCode', 'name', 'vendor', 'civilCode', 'pointType', 'ipv4', 'mac', 'cameraType', 'functionTypes', 'address', 'longitude',
  'latitude', 'positionTypes', 'direction', 'networked', 'policeCode', 'installedOn', 'managementUnit', 'managementContact',
  'recordDays', 'deviceStatus', 'departments',
]

/** What makers call themselves in ONVIF, in either script. */
const vendorWords: readonly (readonly [RegExp, (typeof vendors)[keyof typeof vendors]])[] = [
  [/hik|海康/i, '海康威视'], [/dahua|大华/i, '大华'], [/tiandy|天地伟业/i, '天地伟业'], [/kedacom|科达/i, '科达'], [/axis|安讯士/i, '安讯士'],
  [/bosch|博世/i, '博世'], [/yaan|亚安/i, '亚安'], [/infinova|英飞拓/i, '英飞拓'], [/uniview|宇视/i, '宇视'], [/hisense|海信/i, '海信'],
  [/vimicro|中星/i, '中星电子'], [/lenovo|联想/i, '联想'], [/zte|中兴/i, '中兴'], [/huawei|华为/i, '华为'],
]

/** 厂商 code for what a device calls its maker; 99 其他 when it is not one of the listed. */
export function vendorCodeOf(manufacturer: string): number {
  const name = vendorWords.find(([word]) => word.test(manufacturer))?.[1]
  return Number(Object.entries(vendors).find(([, label]) => label === name)?.[0] ?? 99)
}

const codecOf = { h264: 'H.264', h265: 'H.265', mjpeg: 'MJPEG', other: '' } as const

/** The part of an archive that the device itself tells. */
export function archiveOfDevice(device: {
  manufacturer: string
  model: string
  address: string
  mac: string
  mainCodec: keyof typeof codecOf | null
}): Pick<Archive, 'vendor' | 'model' | 'ipv4' | 'ipv6' | 'mac' | 'codec'> {
  const isIpv6 = device.address.includes(':')
  return {
    vendor: vendorCodeOf(device.manufacturer),
    model: device.model.slice(0, 64),
    ipv4: isIpv6 ? '' : device.address,
    ipv6: isIpv6 ? device.address : '',
    mac: device.mac.toUpperCase().replaceAll(':', '-'),
    codec: codecOf[device.mainCodec ?? 'other'],
  }
}
