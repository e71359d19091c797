// Owns the list of every endpoint; the server refuses to start when one has no handler or a handler is not listed.
import * as audit from './audit.ts'
import * as cameras from './cameras.ts'
import * as cases from './cases.ts'
import * as discovery from './discovery.ts'
import * as health from './health.ts'
import * as layouts from './layouts.ts'
import * as live from './live.ts'
import * as grants from './grants.ts'
import * as register from './register.ts'
import * as ptz from './ptz.ts'
import * as session from './session.ts'
import * as units from './units.ts'

export const api = {
  signIn: session.signIn,
  currentSession: session.currentSession,
  signOut: session.signOut,
  listSessions: session.listSessions,
  endSession: session.endSession,
  changePassword: session.changePassword,
  beginSecondFactor: session.beginSecondFactor,
  confirmSecondFactor: session.confirmSecondFactor,
  removeSecondFactor: session.removeSecondFactor,
  signInPolicy: session.signInPolicy,
  setUpState: session.setUpState,
  setUp: session.setUp,
  listUsers: session.listUsers,
  createUser: session.createUser,
  updateUser: session.updateUser,
  updateAccount: session.updateAccount,
  makeAccountCode: session.makeAccountCode,
  makeRightsCode: session.makeRightsCode,
  activateUser: session.activateUser,
  endUserSessions: session.endUserSessions,
  listColleagues: session.listColleagues,
  askGrant: grants.askGrant,
  ownGrants: grants.ownGrants,
  listGrants: grants.listGrants,
  decideGrant: grants.decideGrant,
  revokeGrant: grants.revokeGrant,
  withdrawGrant: grants.withdrawGrant,
  enterRegister: register.enterRegister,
  ownRegister: register.ownRegister,
  listRegister: register.listRegister,
  exportRegister: register.exportRegister,
  listUnits: units.listUnits,
  createUnit: units.createUnit,
  listCameras: cameras.listCameras,
  getCamera: cameras.getCamera,
  updateCamera: cameras.updateCamera,
  setCameraCredential: cameras.setCameraCredential,
  createCamera: cameras.createCamera,
  exportArchive: cameras.exportArchive,
  importArchive: cameras.importArchive,
  replaceDevice: cameras.replaceDevice,
  startDiscovery: discovery.startDiscovery,
  discoveryState: discovery.discoveryState,
  listFindings: discovery.listFindings,
  assignFindings: discovery.assignFindings,
  adoptFindings: discovery.adoptFindings,
  ignoreFindings: discovery.ignoreFindings,
  listCredentialSets: discovery.listCredentialSets,
  createCredentialSet: discovery.createCredentialSet,
  cameraHealth: health.cameraHealth,
  suspendCamera: health.suspendCamera,
  resumeCamera: health.resumeCamera,
  unitHealth: health.unitHealth,
  overview: health.overview,
  openLive: live.openLive,
  cameraSnapshot: live.cameraSnapshot,
  mediaFile: live.mediaFile,
  ptzState: ptz.ptzState,
  listCases: cases.listCases,
  getCase: cases.getCase,
  createCase: cases.createCase,
  updateCase: cases.updateCase,
  setCaseMembers: cases.setCaseMembers,
  createTag: cases.createTag,
  listTags: cases.listTags,
  getTag: cases.getTag,
  exhibitPicture: cases.exhibitPicture,
  getWall: layouts.getWall,
  putWall: layouts.putWall,
  listAudit: audit.listAudit,
  exportAudit: audit.exportAudit,
} as const
export type ApiName = keyof typeof api
