// Owns the OpenAPI 3.1 document, made from the same declarations and schemas that the routes validate with.
import { z } from 'zod'
import type { Endpoint } from '#contract/wire.ts'

type Json = Record<string, unknown>

const jsonSchema = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' })
  return rest
}

function parameters(schema: z.ZodType, place: 'path' | 'query'): Json[] {
  const { properties, required } = jsonSchema(schema, 'input')
  const names = Array.isArray(required) ? required : []
  return Object.entries(typeof properties === 'object' && properties !== null ? properties : {}).map(([name, shape]) => ({
    name,
    in: place,
    required: place === 'path' || names.includes(name),
    schema: shape,
  }))
}

export function openApiDocument(endpoints: Record<string, Endpoint>): Json {
  const paths: Record<string, Json> = {}
  for (const [operationId, endpoint] of Object.entries(endpoints)) {
    const path = endpoint.path.replace(/:(\w+)/g, '{$1}')
    const answers204 = endpoint.result instanceof z.ZodNull
    const content =
      endpoint.produces === undefined
        ? { 'application/json': { schema: jsonSchema(endpoint.result, 'output') } }
        : { [endpoint.produces]: { schema: { type: 'string', format: 'binary' } } }
    const hasBody = endpoint.method !== 'get' && endpoint.method !== 'delete'
    paths[path] = {
      ...paths[path],
      [endpoint.method]: {
        operationId,
        summary: endpoint.summary,
        'x-access': endpoint.access.kind === 'permission' || endpoint.access.kind === 'ticket' ? endpoint.access.permission : endpoint.access.kind,
        security: endpoint.access.kind === 'public' ? [] : endpoint.access.kind === 'ticket' ? [{ session: [] }, { ticket: [] }] : [{ session: [] }],
        parameters: [...parameters(endpoint.params, 'path'), ...parameters(endpoint.query, 'query')],
        ...(hasBody
          ? { requestBody: { required: true, content: { [endpoint.consumes ?? 'application/json']: { schema: jsonSchema(endpoint.body, 'input') } } } }
          : {}),
        responses: {
          ...(answers204 ? { 204: { description: 'Done.' } } : { 200: { description: 'Done.', content } }),
          default: { description: 'Refused or failed.', content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } },
        },
      },
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: '天网 camera-network console', version: '0.1.0' },
    paths,
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'tianwang' },
        ticket: { type: 'apiKey', in: 'query', name: 'ticket' },
      },
      schemas: {
        Problem: {
          type: 'object',
          required: ['type', 'title', 'status', 'code'],
          properties: { type: { type: 'string' }, title: { type: 'string' }, status: { type: 'integer' }, code: { type: 'string' }, detail: { type: 'string' } },
        },
      },
    },
  }
}
