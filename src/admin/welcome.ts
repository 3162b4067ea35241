/**
 * What a browser sees at `/`: what this is, and the first steps. S3 lists buckets there, to signed requests; so only an
 * unsigned GET that asks for HTML as browsers do gets the page, and no client of S3 ever sees it.
 */
import type { Config } from '../config/config.ts'
import { readAuthority } from '../http/known-hosts.ts'
import type { WireRequest, WireResponse } from '../http/wire.ts'

/** Whether a request, which has neither signature nor query, is a browser's for the page. */
export function wantsWelcome({ method, rawPath, headers }: WireRequest): boolean {
  const { accept } = headers
  if (method !== 'GET' || rawPath !== '/' || typeof accept !== 'string' || !/\btext\/html\b/i.test(accept)) return false
  // Observed: Java's HttpURLConnection, which S3 clients use, sends "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2".
  return !/(?:^|,)\s*\*\s*(?:;|,|$)/.test(accept)
}

/** The page. */
export function welcome(request: WireRequest, config: Config, version: string): WireResponse {
  return {
    status: 200,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
      Vary: 'Accept',
      'X-Content-Type-Options': 'nosniff',
      'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    },
    body: page(urlOf(request, config), config, version),
  }
}

/** As the browser wrote it. */
function urlOf({ headers, isTls }: WireRequest, config: Config): string {
  const host = String(headers.host ?? '')
  const isWritten = host !== '' && readAuthority(host) !== undefined
  return `${isTls ? 'https' : 'http'}://${isWritten ? host : `127.0.0.1:${config.port}`}`
}

function page(url: string, config: Config, version: string): string {
  const { region, hasWellKnownKeys, tls, softMode } = config
  const key = config.accounts[0]?.keys[0]
  const [id, secret] =
    hasWellKnownKeys && key !== undefined ? [key.accessKeyId, key.secretAccessKey] : ['YOUR_KEY_ID', 'YOUR_SECRET']
  const links: [path: string, text: string][] = [
    ['/_sandbucket/coverage', 'Operations that work, and those that do not, with the reason'],
    ['/_sandbucket/health/ready', 'Whether it is ready'],
    ['/_sandbucket/metrics', 'Metrics, for Prometheus'],
    ['/_sandbucket/version', 'Its version'],
    ...(tls ? [['/_sandbucket/ca.pem', 'The CA that clients with HTTPS have to trust'] as [string, string]] : []),
    ['/_sandbucket/', 'All administrative calls'],
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sandbucket</title>
<style>
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
h1 { margin-bottom: 0 } h2 { margin: 2rem 0 .5rem; font-size: 1.15rem }
pre { padding: .8rem 1rem; border: 1px solid #8886; border-radius: 6px; background: #8881; overflow-x: auto; font-size: .9rem }
code, pre { font-family: ui-monospace, monospace }
li { margin: .2rem 0 } .soft { color: #fa8072; font-weight: bold } small { opacity: .7 }
</style>
</head>
<body>
<h1>Sandbucket</h1>
<p>Amazon S3 with its IAM and STS, on one machine. Every signature is verified and every request is authorized, as on AWS.
This page is for people: programs use the same address, <code>${escaped(url)}</code>, with signed requests.</p>
${softMode ? '<p class="soft">Soft mode is on: what AWS would deny is only logged, and let pass.</p>\n' : ''}<h2>AWS CLI</h2>
<pre>${escaped(`export AWS_ENDPOINT_URL=${url}
export AWS_ACCESS_KEY_ID=${id}
export AWS_SECRET_ACCESS_KEY=${secret}
export AWS_DEFAULT_REGION=${region}

aws s3 mb s3://photos
aws s3 cp README.md s3://photos/
aws s3 ls s3://photos`)}</pre>
<p>${
    hasWellKnownKeys
      ? 'No key is configured, so everybody knows these. <code>sandbucket --access-key-id ID --secret-access-key KEY</code> sets others.'
      : 'A key is configured: put it in. <code>sandbucket env</code>, with the options of this server, prints these lines with it.'
  }</p>
<h2>JavaScript</h2>
<pre>${escaped(`import { S3Client, ListBucketsCommand } from '@aws-sdk/client-s3'

const s3 = new S3Client({
  endpoint: '${url}',
  region: '${region}',
  credentials: { accessKeyId: '${id}', secretAccessKey: '${secret}' },
  forcePathStyle: true,
})
console.log(await s3.send(new ListBucketsCommand({})))`)}</pre>
<h2>Python</h2>
<pre>${escaped(`import boto3

s3 = boto3.client(
    "s3",
    endpoint_url="${url}",
    region_name="${region}",
    aws_access_key_id="${id}",
    aws_secret_access_key="${secret}",
)
print(s3.list_buckets()["Buckets"])`)}</pre>
<h2>When something is refused</h2>
<p><code>sandbucket explain REQUEST_ID</code> says why, and what would allow it. The id is <code>x-amz-request-id</code> in every
answer, and in the log.</p>
<h2>More</h2>
<ul>
${links.map(([path, text]) => `<li><a href="${path}">${path}</a><br><small>${text}</small></li>`).join('\n')}
</ul>
<p><small>Sandbucket ${escaped(version)}</small></p>
</body>
</html>
`
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
