/** A signed request to S3 Control, for which no SDK client is installed. */
import aws4 from 'aws4'
import type { Key, Scene } from './support.ts'

/** Sends it as an SDK does: with the account in a header. */
export async function controlRequest(
  scene: Scene,
  credentials: Key,
  accountId: string,
  method: string,
  path: string,
  body?: string,
): Promise<{ status: number; text: string }> {
  const signed = aws4.sign(
    {
      method,
      path,
      host: new URL(scene.server.url).host,
      service: 's3',
      region: 'us-east-1',
      headers: { 'x-amz-account-id': accountId },
      ...(body !== undefined && { body }),
    },
    credentials,
  )
  const { Host: _host, ...headers } = signed.headers as Record<string, string>
  const response = await fetch(`${scene.server.url}${path}`, { method, headers, ...(body !== undefined && { body }) })
  return { status: response.status, text: await response.text() }
}
