/**
 * What Latchkey uses of Teams' SDK, with the parts that its own types hide. The package is optional: with this, the
 * compiler needs it nowhere.
 */
declare module 'botbuilder' {
  /** Settings by the SDK's names. */
  type Settings = Readonly<Record<string, string>>;

  export class ConfigurationServiceClientCredentialFactory {
    constructor(settings: Settings);
    isValidAppId(appId: string): Promise<boolean>;
  }

  interface ConnectorFactory {
    create(serviceUrl: string): Promise<ConnectorClient>;
  }

  export class ConfigurationBotFrameworkAuthentication {
    constructor(settings: Settings, credentials?: ConfigurationServiceClientCredentialFactory);
    createConnectorFactory(identity: unknown): ConnectorFactory;
  }

  export class CloudAdapter {
    constructor(authentication: ConfigurationBotFrameworkAuthentication);
    /** Protected. */
    createClaimsIdentity(appId: string): unknown;
  }

  interface ConnectorClient {
    readonly conversations: {
      sendToConversation(conversation: string, activity: object): Promise<unknown>;
      updateActivity(conversation: string, message: string, activity: object): Promise<unknown>;
      createConversation(start: object): Promise<unknown>;
      getConversationMember(conversation: string, user: string): Promise<unknown>;
    };
    /** Every request goes through it. Its types don't show it. */
    readonly client: { readonly pipeline: Pipeline };
  }

  interface Pipeline {
    removePolicy(policy: { readonly name: string }): unknown;
    addPolicy(policy: Policy): void;
    getOrderedPolicies(): readonly { readonly name: string }[];
  }

  interface Policy {
    readonly name: string;
    sendRequest<Request extends { url: string; agent?: unknown }, Response>(
      request: Request,
      next: (request: Request) => Promise<Response>,
    ): Promise<Response>;
  }
}
