// The door of the demo district: "XX市矿区", all of it invented (docs/glossary.md). Used by the demo and by tests only.
export { demoAccounts, type DemoAccount } from './accounts.ts'
export { demoCameras, demoCamerasFor, withDevice, type DemoArchive, type DemoCamera } from './cameras.ts'
export { demoCases, type DemoCase, type DemoTag } from './cases.ts'
export { demoFaults, demoFaultsFor, demoWeaknessesFor, type DemoFault } from './faults.ts'
export { demoCameraCount } from './sites.ts'
export { demoDistrictName, demoDivisionCode, demoUnits, type DemoUnit } from './units.ts'
export { demoWatching, type DemoWatching } from './watching.ts'
