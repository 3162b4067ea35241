export const sdkJs: any = { name: 'sdk-js', styles: [] }
