// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like templates
/** What it costs to be an IAM user: small reads by one with three policies and by root, taking turns. */
import { load, median, sendAll } from './load.ts'
import { atLeast, type Row } from './report.ts'
import { keys, withSandbucket } from './sandbucket.ts'
import { type Keys, signedBytes } from './sign.ts'

/** Many short turns: what disturbs the machine then disturbs both of a pair. */
const rounds = 40
const secondsEach = 0.25
const objects = 1000

const user: Keys = { accessKeyId: 'AKIABENCHUSER0000001', secretAccessKey: 'secret-of-the-bench-user' }

const statement = (Action: string | string[], Resource: string | string[]) => ({ Effect: 'Allow', Action, Resource })
const policy = (...Statement: object[]) => ({ Version: '2012-10-17', Statement })

/** Two managed policies and one of the user's own, with a condition and a Deny among them. */
const iam = {
  policies: [
    { name: 'List', document: policy(statement(['s3:ListBucket', 's3:GetBucketLocation'], 'arn:aws:s3:::bench')) },
    {
      name: 'NoForeignDelete',
      document: policy({
        Effect: 'Deny',
        Action: ['s3:DeleteObject', 's3:GetObject'],
        Resource: 'arn:aws:s3:::bench/*',
        Condition: { StringNotEquals: { 'aws:PrincipalAccount': '${aws:ResourceAccount}' } },
      }),
    },
  ],
  users: [
    {
      name: 'bench',
      keys: [user],
      attach: ['List', 'NoForeignDelete'],
      policies: { ReadWrite: policy(statement(['s3:GetObject', 's3:PutObject'], 'arn:aws:s3:::bench/small/*')) },
    },
  ],
}

export async function users(): Promise<Row[]> {
  return withSandbucket(
    async (server) => {
      const body = Buffer.alloc(1024, 'x')
      const requests = (who: Keys, method: string, bytes?: Buffer) =>
        Array.from({ length: objects }, (_, n) =>
          signedBytes(server.port, who, { method, path: `/bench/small/${n}`, ...(bytes && { body: bytes }) }),
        )
      const gets = { user: requests(user, 'GET'), root: requests(keys, 'GET') }
      await sendAll(server.port, requests(keys, 'PUT', body))
      await load(server.port, gets.user, 1)
      await load(server.port, gets.root, 1)
      const rates = { user: [] as number[], root: [] as number[] }
      const cpuUs = { user: [] as number[], root: [] as number[] }
      const ratios: number[] = []
      for (let round = 0; round < rounds; round++) {
        const perSecond = { user: 0, root: 0 }
        for (const who of round % 2 === 0 ? (['user', 'root'] as const) : (['root', 'user'] as const)) {
          const before = server.cpuMs()
          const result = await load(server.port, gets[who], secondsEach)
          if (result.errors > 0) throw new Error(`${result.errors} of ${result.requests} requests of ${who} failed`)
          perSecond[who] = result.perSecond
          rates[who].push(result.perSecond)
          cpuUs[who].push(((server.cpuMs() - before) * 1000) / result.requests)
        }
        ratios.push(perSecond.user / perSecond.root)
      }
      const text = (who: 'user' | 'root') =>
        `${median(rates[who]).toFixed(0)}/s (${median(cpuUs[who]).toFixed(0)} us CPU)`
      return [
        atLeast(
          'Signed GET of 1 KiB by an IAM user with 3 policies / by root',
          `${text('user')} against ${text('root')}; median of ${rounds} pairs`,
          median(ratios),
          0.9,
        ),
      ]
    },
    [],
    { SANDBUCKET_IAM: JSON.stringify(iam) },
  )
}
