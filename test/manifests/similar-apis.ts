/** APIs that are alike: SCIM, and users behind one address of REST. By their public documentation, with what they refuse. */
import { type Api, after, json, type Member, quoted, same } from './app-double.ts';

/** @param ends what DELETE does */
export const scim =
  (ends: 'deletes' | 'deactivates'): Api =>
  ({ method, path, query, at }, app) => {
    const shown = ({ id, email, active }: Member) => ({
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      id,
      userName: email,
      emails: [{ value: email, primary: true }],
      displayName: email,
      active,
    });
    const error = (status: number) => json(status, { status: `${status}` });
    const id = after(path, '/Users/');
    if (id === undefined) {
      if (method === 'POST') {
        const email = at('userName');
        if (email === '' || at('schemas.0') === '') return error(400);
        if (app.find(email)) return error(409);
        return app.isFull() ? error(400) : json(201, shown(app.add(email)));
      }
      const filter = query.get('filter');
      const wanted =
        filter === null ? undefined : ((quoted(filter) || filter.split(' eq ')[1]) ?? '');
      const from = Number(query.get('startIndex') ?? 1) - 1;
      const found = app.seen().filter((each) => wanted === undefined || same(each.email, wanted));
      const page = found.slice(from, from + Number(query.get('count') ?? 100));
      return json(200, { totalResults: found.length, Resources: page.map(shown) });
    }
    const member = app.members.find((each) => each.id === id);
    if (!member) return error(404);
    if (method === 'GET') return json(200, shown(member));
    if (method === 'DELETE' && ends === 'deletes')
      app.members.splice(app.members.indexOf(member), 1);
    else member.active = method === 'PATCH' ? at('Operations.0.value.active') === 'true' : false;
    return method === 'DELETE' ? json(204) : json(200, shown(member));
  };

interface RestShape {
  readonly users: string;
  readonly email: string;
  readonly list: (found: readonly object[]) => unknown;
  readonly one: (shown: object) => unknown;
  readonly made?: (shown: object) => unknown;
  readonly shown: (member: Member) => object;
  readonly wanted: (query: URLSearchParams) => ((member: Member) => boolean) | undefined;
  readonly missing?: unknown;
  readonly isDisabled?: true;
}

/** Users at one address: POST adds, GET lists and searches, `/id` is one of them. */
const rest =
  (shape: RestShape): Api =>
  ({ method, path, query, at }, app) => {
    const id = after(path, `${shape.users}/`);
    if (id === undefined && !path.endsWith(shape.users)) return json(200, { data: [] });
    if (id === undefined) {
      if (method === 'POST') {
        const email = at(shape.email);
        if (email === '') return json(400, {});
        if (app.find(email) || app.isFull()) return json(409, { message: 'exists' });
        return json(201, (shape.made ?? shape.one)(shape.shown(app.add(email))));
      }
      const wanted = shape.wanted(query) ?? (() => true);
      return json(200, shape.list(app.seen().filter(wanted).map(shape.shown)));
    }
    const member = app.members.find((each) => each.id === id);
    if (!member) return json(404, shape.missing ?? {});
    if (method === 'GET') return json(200, shape.one(shape.shown(member)));
    if (shape.isDisabled) member.active = false;
    else app.members.splice(app.members.indexOf(member), 1);
    return json(204);
  };

const includes = (text: string) => (each: Member) =>
  each.email.toLowerCase().includes(text.toLowerCase());

export const pagerduty = rest({
  users: '/users',
  email: 'user.email',
  list: (users) => ({ users, more: false }),
  one: (user) => ({ user }),
  shown: ({ id, email }) => ({ id, email, name: email }),
  wanted: (query) => (query.has('query') ? includes(query.get('query') ?? '') : undefined),
  missing: { error: { code: 2100, message: 'Not Found' } },
});

export const datadog = rest({
  users: '/users',
  email: 'data.attributes.email',
  list: (data) => ({ data }),
  // With what belongs to the user: an organization is disabled, or not, like a user.
  one: (data) => ({ data, included: [{ type: 'orgs', attributes: { disabled: false } }] }),
  shown: ({ id, email, active }) => ({
    id,
    type: 'users',
    attributes: { email, disabled: !active, status: active ? 'Pending' : 'Disabled' },
  }),
  wanted: (query) => (each) => each.active && includes(query.get('filter') ?? '')(each),
  isDisabled: true,
});

export const launchdarkly = rest({
  users: '/members',
  email: '0.email',
  list: (items) => ({ items, _links: {} }),
  one: (item) => item,
  made: (item) => ({ items: [item] }),
  shown: ({ id, email }) => ({ _id: id, email, _pendingInvite: true }),
  wanted: (query) => {
    const [name, value = ''] = (query.get('filter') ?? '').split(':');
    if (name === 'id') return ({ id }) => id === value;
    return name === 'email' ? ({ email }) => same(email, value) : undefined;
  },
});

export const sentry = rest({
  users: '/members',
  email: 'email',
  list: (members) => members,
  one: (member) => member,
  shown: ({ id, email }) => ({ id, email, name: email, pending: true }),
  wanted: (query) => {
    const [name, value = ''] = (query.get('query') ?? '').split(':');
    if (name === 'id') return ({ id }) => id === value;
    return name === 'email' ? ({ email }) => same(email, value) : undefined;
  },
});
