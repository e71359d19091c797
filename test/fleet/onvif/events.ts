// Owns the ONVIF event service: pull points and the messages in them.
// Refuses: base notification (push) and filters; every subscription gets everything.
import type { OperationContext, Service } from './context.ts'
import { VIDEO_SOURCE } from './profiles.ts'
import { durationMs } from './ptz.ts'
import { SoapFault, textOf } from './soap.ts'

const DEFAULT_LIFE_MS = 60_000
const TOPIC = 'tns1:RuleEngine/CellMotionDetector/Motion'

function lifeMs(context: OperationContext, tag: string): number {
  const text = textOf(context.operation, tag)
  const until = Date.parse(text ?? '')
  return durationMs(text) ?? (Number.isNaN(until) ? DEFAULT_LIFE_MS : Math.max(0, until - context.state.deviceNow()))
}

function subscriptionId(context: OperationContext): string {
  return /^\/onvif\/subscription\/(\d+)$/.exec(context.path)?.[1] ?? ''
}

const unknownSubscription = () => new SoapFault(400, 'Sender', ['ter:InvalidArgVal', 'ter:ResourceUnknownFault'], 'there is no such subscription')
const instant = (ms: number) => new Date(ms).toISOString()

export const eventService: Service = {
  GetEventProperties: () =>
    `<tev:GetEventPropertiesResponse><tev:TopicNamespaceLocation>http://www.onvif.org/onvif/ver10/topics/topicns.xml</tev:TopicNamespaceLocation><wsnt:FixedTopicSet>true</wsnt:FixedTopicSet></tev:GetEventPropertiesResponse>`,

  CreatePullPointSubscription: (context) => {
    const life = lifeMs(context, 'InitialTerminationTime')
    const id = context.pullPoints.create(life)
    if (id === null) throw new SoapFault(400, 'Receiver', ['ter:Action', 'ter:SubscribeCreationFailedFault'], 'there is no room for another subscription')
    const now = context.state.deviceNow()
    return `<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference><wsa:Address>${context.httpBase}/onvif/subscription/${id}</wsa:Address></tev:SubscriptionReference><wsnt:CurrentTime>${instant(now)}</wsnt:CurrentTime><wsnt:TerminationTime>${instant(now + life)}</wsnt:TerminationTime></tev:CreatePullPointSubscriptionResponse>`
  },

  PullMessages: async (context) => {
    const limit = Math.max(1, Math.min(100, Number(textOf(context.operation, 'MessageLimit') ?? 10) || 10))
    const events = await context.pullPoints.pull(subscriptionId(context), durationMs(textOf(context.operation, 'Timeout')) ?? 5000, limit, context.signal)
    if (!events) throw unknownSubscription()
    const messages = events.map(
      ({ atMs, operation, motion }) =>
        `<wsnt:NotificationMessage><wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">${TOPIC}</wsnt:Topic><wsnt:Message><tt:Message UtcTime="${instant(atMs)}" PropertyOperation="${operation}"><tt:Source><tt:SimpleItem Name="VideoSourceConfigurationToken" Value="${VIDEO_SOURCE}"/></tt:Source><tt:Data><tt:SimpleItem Name="IsMotion" Value="${motion}"/></tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>`,
    )
    const now = context.state.deviceNow()
    return `<tev:PullMessagesResponse><tev:CurrentTime>${instant(now)}</tev:CurrentTime><tev:TerminationTime>${instant(now + DEFAULT_LIFE_MS)}</tev:TerminationTime>${messages.join('')}</tev:PullMessagesResponse>`
  },

  Renew: (context) => {
    const life = lifeMs(context, 'TerminationTime')
    if (!context.pullPoints.renew(subscriptionId(context), life)) throw unknownSubscription()
    const now = context.state.deviceNow()
    return `<wsnt:RenewResponse><wsnt:TerminationTime>${instant(now + life)}</wsnt:TerminationTime><wsnt:CurrentTime>${instant(now)}</wsnt:CurrentTime></wsnt:RenewResponse>`
  },

  Unsubscribe: (context) => {
    if (!context.pullPoints.remove(subscriptionId(context))) throw unknownSubscription()
    return '<wsnt:UnsubscribeResponse/>'
  },

  SetSynchronizationPoint: () => '<tev:SetSynchronizationPointResponse/>',
}
