import { listingContract } from './listing-contract.ts'

listingContract('memory')
listingContract('directory')
