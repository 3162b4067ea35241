import { versioningContract } from './versioning-contract.ts'

versioningContract('memory')
versioningContract('directory')
