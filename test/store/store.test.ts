import { storeContract } from './store-contract.ts'

storeContract('memory')
storeContract('directory')
