export const boto3: any = { name: 'boto3', styles: [] }
export const boto3Debian: any = { name: 'boto3-debian', styles: [] }
