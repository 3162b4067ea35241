// Recorded: test_different_location_constraint, test_create_bucket_*, test_bucket_constraint_aws_global, TestS3BucketOwnershipControls.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Ctx } from '../../src/context.ts'
import type { CreateBucketRequest, S3Handlers } from '../../src/model/s3.types.gen.ts'
import { handlers } from '../../src/s3/index.ts'
import { owner, refused, rootOf, startMs, stranger, type World, withWorld } from './support.ts'

/** The handlers as a client of a region reaches them. */
function inRegion(region: string | undefined, baseUrl = 'http://localhost:9000'): Partial<S3Handlers> {
  return {
    ...handlers,
    CreateBucket: (input, ctx: Ctx) =>
      handlers.CreateBucket(
        input,
        Object.create(ctx, { auth: { value: { ...ctx.auth, region } }, baseUrl: { value: baseUrl } }) as Ctx,
      ),
  }
}

const create = (world: World, input: Partial<CreateBucketRequest> = {}) =>
  world.call('CreateBucket', { Bucket: 'new-bucket', ...input })
const at = (LocationConstraint: string) => ({ CreateBucketConfiguration: { LocationConstraint } })

test('a bucket in us-east-1 has its path as Location and an ARN', () =>
  withWorld(inRegion('us-east-1'), async (world) => {
    assert.deepEqual(await create(world), { Location: '/new-bucket', BucketArn: 'arn:aws:s3:::new-bucket' })
    const made = await world.store.buckets.get('new-bucket')
    assert.equal(made?.region, 'us-east-1')
    assert.equal(made?.ownerId, owner.id)
    assert.equal(made?.createdMs, startMs)
  }))

test('a bucket elsewhere has a virtual-host address as Location', () =>
  withWorld(inRegion('us-east-1'), async (world) => {
    const output = await create(world, at('eu-central-1'))
    assert.equal(output.Location, 'http://new-bucket.localhost:9000/')
    assert.equal((await world.store.buckets.get('new-bucket'))?.region, 'eu-central-1')
  }))

test('Location is path style where the client used a bare address', () =>
  withWorld(inRegion('us-east-1', 'http://127.0.0.1:9000'), async (world) => {
    assert.equal((await create(world, at('eu-west-1'))).Location, 'http://127.0.0.1:9000/new-bucket/')
  }))

test('Location does not repeat a bucket that is in the host already', () =>
  withWorld(inRegion('us-east-1', 'http://new-bucket.localhost:9000'), async (world) => {
    assert.equal((await create(world, at('eu-west-1'))).Location, 'http://new-bucket.localhost:9000/')
  }))

const places: [endpoint: string, constraint: string | undefined, code: string, text?: string][] = [
  ['us-east-1', 'us-east-1', 'InvalidLocationConstraint'],
  // versity/versitygw#1645.
  ['us-east-1', '', 'InvalidLocationConstraint'],
  ['us-east-1', 'foo', 'InvalidLocationConstraint'],
  ['us-east-1', 'aws-global', 'InvalidLocationConstraint'],
  ['us-east-2', undefined, 'IllegalLocationConstraintException', 'unspecified'],
  ['us-east-2', '', 'IllegalLocationConstraintException', 'unspecified'],
  ['us-east-2', 'us-west-1', 'IllegalLocationConstraintException', 'us-west-1'],
  ['us-west-1', 'us-east-1', 'IllegalLocationConstraintException', 'us-east-1'],
  ['us-west-1', 'aws-global', 'IllegalLocationConstraintException', 'aws-global'],
  ['eu-west-1', 'bar', 'IllegalLocationConstraintException', 'bar'],
  ['us-east-2', 'EU', 'IllegalLocationConstraintException', 'EU'],
]
for (const [endpoint, constraint, code, text] of places) {
  test(`the endpoint of ${endpoint} refuses the constraint ${constraint ?? '(none)'} with ${code}`, () =>
    withWorld(
      inRegion(endpoint),
      async (world) => {
        const input = constraint === undefined ? {} : at(constraint)
        const expected =
          text === undefined
            ? { fields: { LocationConstraint: constraint }, message: 'The specified location-constraint is not valid' }
            : {
                message: `The ${text} location constraint is incompatible for the region specific endpoint this request was sent to.`,
              }
        await refused(create(world, input), code, { status: 400, ...expected })
      },
      { regionStrict: true },
    ))
}

// The JavaScript SDK v2 and minio-java send it to every endpoint that is not AWS's own.
test('the constraint us-east-1 is taken unless regions are strict', () =>
  withWorld(inRegion('us-east-1'), async (world) => {
    await create(world, at('us-east-1'))
    assert.equal((await world.store.buckets.get('new-bucket'))?.region, 'us-east-1')
    assert.deepEqual(await world.call('GetBucketLocation', { Bucket: 'new-bucket' }), { LocationConstraint: undefined })
    assert.match(world.warnings.join(), /AWS refuses the location constraint us-east-1/)
    await refused(world.call('CreateBucket', { Bucket: 'other', ...at('') }), 'InvalidLocationConstraint')
  }))

test('the endpoint of a region takes its own name as constraint, and GetBucketLocation answers it', () =>
  withWorld(inRegion('us-east-2'), async (world) => {
    await create(world, at('us-east-2'))
    assert.deepEqual(await world.call('GetBucketLocation', { Bucket: 'new-bucket' }), {
      LocationConstraint: 'us-east-2',
    })
  }))

test('EU is eu-west-1 and is answered as EU (recorded, test_create_bucket_with_eu_location_constraint)', async () => {
  for (const endpoint of ['eu-west-1', 'us-east-1']) {
    await withWorld(inRegion(endpoint), async (world) => {
      await create(world, at('EU'))
      assert.equal((await world.store.buckets.get('new-bucket'))?.region, 'eu-west-1')
      assert.deepEqual(await world.call('GetBucketLocation', { Bucket: 'new-bucket' }), { LocationConstraint: 'EU' })
    })
  }
})

test('a client that names no region of AWS gets the configured one, and may ask for it by name', async () => {
  for (const region of [undefined, 'auto']) {
    await withWorld(
      inRegion(region),
      async (world) => {
        await create(world)
        await world.call('CreateBucket', { Bucket: 'other', ...at('default') })
        assert.equal((await world.store.buckets.get('new-bucket'))?.region, 'default')
        assert.equal((await world.store.buckets.get('other'))?.region, 'default')
      },
      { region: 'default' },
    )
  }
})

test('creating a bucket again is fine for its owner in us-east-1 and changes nothing', () =>
  withWorld(inRegion('us-east-1'), async (world) => {
    await create(world)
    const before = await world.store.buckets.get('new-bucket')
    assert.equal((await create(world)).Location, '/new-bucket')
    assert.deepEqual(await world.store.buckets.get('new-bucket'), before)
  }))

test('creating a bucket again elsewhere is BucketAlreadyOwnedByYou', () =>
  withWorld(inRegion('us-east-2'), async (world) => {
    await create(world, at('us-east-2'))
    await refused(create(world, at('us-east-2')), 'BucketAlreadyOwnedByYou', {
      status: 409,
      fields: { BucketName: 'new-bucket' },
      message: 'Your previous request to create the named bucket succeeded and you already own it.',
    })
  }))

test('a bucket of another account is BucketAlreadyExists', () =>
  withWorld(inRegion('us-east-1'), async (world) => {
    await create(world)
    await refused(
      world.call('CreateBucket', { Bucket: 'new-bucket' }, { principal: rootOf(stranger) }),
      'BucketAlreadyExists',
      { status: 409, fields: { BucketName: 'new-bucket' } },
    )
  }))

test('of two accounts that create one name at once, one gets it', () =>
  withWorld(inRegion('us-east-1'), async (world) => {
    const both = await Promise.allSettled(
      [owner, stranger].map((account) =>
        world.call('CreateBucket', { Bucket: 'new-bucket' }, { principal: rootOf(account) }),
      ),
    )
    assert.deepEqual(both.map((outcome) => outcome.status).sort(), ['fulfilled', 'rejected'])
  }))

test('a bad name is refused before anything else', () =>
  withWorld(inRegion('us-east-1'), async (world) => {
    await refused(world.call('CreateBucket', { Bucket: 'Bad_Name', ...at('foo') }), 'InvalidBucketName', {
      fields: { BucketName: 'Bad_Name' },
    })
  }))

test('a new bucket is owner-enforced with public access blocked', () =>
  withWorld(inRegion('us-east-1'), async (world) => {
    await create(world)
    const made = await world.store.buckets.get('new-bucket')
    assert.equal(made?.ObjectOwnership, 'BucketOwnerEnforced')
    assert.deepEqual(made?.documents, {
      publicAccessBlock: {
        BlockPublicAcls: true,
        IgnorePublicAcls: true,
        BlockPublicPolicy: true,
        RestrictPublicBuckets: true,
      },
    })
    assert.equal(made?.versioning, undefined)
  }))

test('legacy defaults: ACLs on, nothing blocked', () =>
  withWorld(
    inRegion('us-east-1'),
    async (world) => {
      await create(world)
      const made = await world.store.buckets.get('new-bucket')
      assert.equal(made?.ObjectOwnership, undefined)
      assert.deepEqual(made?.documents, {})
    },
    { bucketDefaults: 'legacy' },
  ))

test('Object Lock at creation turns versioning on', () =>
  withWorld(inRegion('us-east-1'), async (world) => {
    await create(world, { ObjectLockEnabledForBucket: true })
    const made = await world.store.buckets.get('new-bucket')
    assert.equal(made?.objectLockEnabled, true)
    assert.equal(made?.versioning, 'Enabled')
  }))

test('the ownership header is kept; a wrong or empty one is refused', () =>
  withWorld(inRegion('us-east-1'), async (world) => {
    await create(world, { ObjectOwnership: 'BucketOwnerPreferred' })
    assert.equal((await world.store.buckets.get('new-bucket'))?.ObjectOwnership, 'BucketOwnerPreferred')
    for (const value of ['RandomValue', '']) {
      await refused(create(world, { ObjectOwnership: value }), 'InvalidArgument', {
        fields: { ArgumentName: 'x-amz-object-ownership' },
        message: `Invalid x-amz-object-ownership header: ${value}`,
      })
    }
  }))

test('ACL headers are refused as AWS does under owner enforcement and public access block', () =>
  withWorld(inRegion('us-east-1'), async (world) => {
    const grant = `id="${owner.canonicalId}"`
    await create(world, { ACL: 'private' })
    await refused(create(world, { ACL: 'public-read' }), 'InvalidBucketAclWithObjectOwnership', {
      message: "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
    })
    await refused(create(world, { GrantRead: grant }), 'InvalidBucketAclWithObjectOwnership')
    await refused(
      create(world, { ACL: 'public-read', ObjectOwnership: 'ObjectWriter' }),
      'InvalidBucketAclWithBlockPublicAccessError',
      { status: 400, message: 'Bucket cannot have public ACLs set with BlockPublicAccess enabled' },
    )
    await refused(create(world, { ACL: 'private', GrantRead: grant }), 'InvalidRequest', {
      message: 'Specifying both Canned ACLs and Header Grants is not allowed',
    })
    await refused(create(world, { ACL: 'fake-acl' }), 'InvalidArgument', {
      message: '',
      fields: { ArgumentName: 'x-amz-acl', ArgumentValue: 'fake-acl' },
    })
    await refused(create(world, { GrantRead: 'fakekey="1"', ObjectOwnership: 'ObjectWriter' }), 'InvalidArgument', {
      message: 'Argument format not recognized',
    })
  }))

test('with ACLs on, the ACL is kept and a repeated creation replaces it (API page of CreateBucket)', () =>
  withWorld(
    inRegion('us-east-1'),
    async (world) => {
      await create(world, { ACL: 'public-read' })
      const acl = async () => (await world.call('GetBucketAcl', { Bucket: 'new-bucket' })).Grants
      assert.deepEqual(await acl(), [
        { Grantee: { Type: 'CanonicalUser', ID: owner.canonicalId }, Permission: 'FULL_CONTROL' },
        { Grantee: { Type: 'Group', URI: 'http://acs.amazonaws.com/groups/global/AllUsers' }, Permission: 'READ' },
      ])
      await create(world)
      assert.equal((await acl())?.length, 1)
    },
    { bucketDefaults: 'legacy' },
  ))

test('tags come with the body; an empty list is none', () =>
  withWorld(inRegion('us-east-1'), async (world) => {
    await create(world, { CreateBucketConfiguration: { Tags: [{ Key: 'tag1', Value: 'value1' }] } })
    assert.deepEqual(await world.call('GetBucketTagging', { Bucket: 'new-bucket' }), {
      TagSet: [{ Key: 'tag1', Value: 'value1' }],
    })
    await create(world)
    await create(world, { CreateBucketConfiguration: { Tags: [] } })
    await refused(
      create(world, { CreateBucketConfiguration: { Tags: [{ Key: 'tag1', Value: 'value1' }] } }),
      'BucketAlreadyOwnedByYou',
    )
    await world.call('CreateBucket', { Bucket: 'untagged', CreateBucketConfiguration: { Tags: [] } })
    await refused(world.call('GetBucketTagging', { Bucket: 'untagged' }), 'NoSuchTagSet')
  }))

test('bad tags at creation are refused in words of their own (recorded, test_create_bucket_with_tags_exc)', () =>
  withWorld(inRegion('us-east-1'), async (world) => {
    const withTags = (...Tags: { Key?: string; Value?: string }[]) =>
      create(world, { CreateBucketConfiguration: { Tags: Tags as { Key: string; Value: string }[] } })
    await refused(withTags({ Value: 'v' }), 'MalformedXML')
    await refused(withTags({ Key: 'k' }), 'MalformedXML')
    await refused(withTags({ Key: 'aws:k', Value: 'v' }), 'InvalidTag', {
      fields: {},
      message:
        'User-defined tag keys can\'t start with "aws:". This prefix is reserved for system tags. Remove "aws:" from your tag keys and try again.',
    })
    await refused(withTags({ Key: 'k', Value: '1' }, { Key: 'k', Value: '2' }), 'InternalError', { status: 500 })
    await refused(withTags({ Key: 'test', Value: 'value1,value2' }), 'InvalidTag', {
      fields: { TagKey: 'test', TagValue: 'value1,value2' },
      message: 'The TagValue you have provided is invalid',
    })
    await refused(withTags({ Key: 'test,test2', Value: 'v' }), 'InvalidTag', {
      fields: { TagKey: 'test,test2' },
      message: 'The TagKey you have provided is invalid',
    })
    const many = (count: number) => Array.from({ length: count }, (_, at) => ({ Key: `k${at}`, Value: '' }))
    await refused(withTags(...many(51)), 'BadRequest')
    await withTags(...many(50))
  }))

test('a bucket in the namespace of its account and region has their suffix, and the header says so', () =>
  withWorld(inRegion('us-east-1'), async (world) => {
    const named = (Bucket: string, BucketNamespace?: string, LocationConstraint?: string) =>
      create(world, {
        Bucket,
        BucketNamespace,
        CreateBucketConfiguration: LocationConstraint && { LocationConstraint },
      } as never)
    const fields = { Header: 'x-amz-bucket-namespace' }
    const own = `photos-${owner.id}-us-east-1-an`
    for (const namespace of [undefined, 'global']) {
      for (const name of [own, 'x-222222222222-eu-west-1-an', 'x-222222222222-us-gov-west-1-an']) {
        await refused(named(name, namespace), 'MissingNamespaceHeader', { status: 400, fields })
      }
    }
    const suffix = (region: string) => new RegExp(`Specify -${owner.id}-${region}-an as the bucket name suffix`)
    for (const name of ['photos', 'photos-222222222222-us-east-1-an']) {
      const message = suffix('us-east-1')
      await refused(named(name, 'account-regional'), 'InvalidNamespaceHeader', { status: 400, message, fields })
    }
    await refused(named(own, 'account-regional', 'eu-west-1'), 'InvalidNamespaceHeader', {
      message: suffix('eu-west-1'),
    })
    await refused(named(own, 'elsewhere'), 'InvalidArgument')
    for (const name of ['photos-an', 'photos-111-us-east-1-an']) await refused(named(name), 'InvalidBucketName')
    assert.equal((await named(own, 'account-regional')).BucketArn, `arn:aws:s3:::${own}`)
    await named(`photos-${owner.id}-eu-west-1-an`, 'account-regional', 'eu-west-1')
    await named('photos', 'global')
  }))

test('two buckets never share an id, so that a bucket made again starts empty', () =>
  withWorld({ ...inRegion('us-east-1') }, async (world) => {
    await create(world)
    const first = await world.store.buckets.get('new-bucket')
    await world.call('DeleteBucket', { Bucket: 'new-bucket' })
    await create(world)
    assert.notEqual((await world.store.buckets.get('new-bucket'))?.id, first?.id)
  }))

test('the owner of a bucket is who signed', () =>
  withWorld(inRegion('us-east-1'), async (world) => {
    await world.call('CreateBucket', { Bucket: 'new-bucket' }, { principal: rootOf(stranger) })
    assert.equal((await world.store.buckets.get('new-bucket'))?.ownerId, stranger.id)
  }))
