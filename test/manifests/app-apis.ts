/** APIs of apps that have a ready-made integration, by their public documentation, with what they refuse. */
import { type Api, after, json, type Member, quoted, same } from './app-double.ts';

export const github: Api = ({ method, path, at }, app) => {
  const user = after(path, '/users/');
  if (user !== undefined) return json(200, { login: user });
  const login = after(path, '/memberships/') ?? '';
  const isTeam = path.includes('/teams/');
  const member = app.find(login);
  const role = isTeam ? 'team' : 'role';
  if (method === 'PUT') {
    if (!['member', 'admin', 'maintainer'].includes(at('role')))
      return json(422, { message: 'Invalid' });
    if (!member && app.isFull()) return json(422, { message: 'No seats' });
    const found = member ?? app.add(login);
    found.more[role] = at('role');
    return json(200, { state: 'pending', role: at('role') });
  }
  if (!member || (isTeam && !member.more['team'])) return json(404, { message: 'Not Found' });
  if (method === 'GET') return json(200, { state: 'active', role: member.more[role] });
  if (isTeam) delete member.more['team'];
  else app.members.splice(app.members.indexOf(member), 1);
  return json(204);
};

export const okta: Api = ({ method, path, query, at }, app) => {
  const shown = ({ id, email, active }: Member) => ({
    id,
    status: active ? 'PROVISIONED' : 'DEPROVISIONED',
    profile: { login: email, email },
    lastLogin: null,
  });
  const key = after(path, '/users/')?.split('/')[0];
  if (key !== undefined) {
    const member = app.find(key);
    if (!member) return json(404, { errorCode: 'E0000007' });
    if (method === 'GET') return json(200, shown(member));
    if (!member.active) return json(400, { errorCode: 'E0000001' });
    member.active = false;
    return json(200, {});
  }
  if (method === 'POST') {
    const login = at('profile.login');
    if (app.find(login) || app.isFull()) return json(400, { errorCode: 'E0000001' });
    return json(200, shown(app.add(login)));
  }
  const wanted = query.get('search');
  const found = app.seen().filter((each) => {
    if (wanted === null) return true;
    const is = wanted.startsWith('id ')
      ? each.id === quoted(wanted)
      : same(each.email, quoted(wanted));
    return is && each.active;
  });
  return json(200, found.map(shown));
};

export const google: Api = ({ method, path, query, at }, app) => {
  const shown = ({ id, email, active }: Member) => ({
    id,
    primaryEmail: email,
    suspended: !active,
  });
  const key = after(path, '/users/')?.split('/')[0];
  if (key !== undefined) {
    const member = app.find(key);
    if (!member) return json(404, { error: { message: 'Resource Not Found: userKey' } });
    if (path.endsWith('/signOut')) return json(204);
    if (method === 'PUT') member.active = at('suspended') !== 'true';
    return json(200, shown(member));
  }
  if (method === 'POST') {
    const email = at('primaryEmail');
    if (at('name.familyName') === '' || at('password').length < 8) return json(400, {});
    if (app.find(email)) return json(409, { error: { message: 'Entity already exists.' } });
    return app.isFull() ? json(412, {}) : json(200, shown(app.add(email)));
  }
  const wanted = /email=(\S+)/.exec(query.get('query') ?? '')?.[1];
  const found = app
    .seen()
    .filter(({ email, active }) => active && (!wanted || same(email, wanted)));
  return json(200, { kind: 'users', ...(found.length > 0 && { users: found.map(shown) }) });
};

export const jira: Api = ({ method, path, query, at }, app) => {
  const shown = ({ id, email, active }: Member) => ({
    accountId: id,
    accountType: 'atlassian',
    emailAddress: email,
    active,
  });
  const id = query.get('accountId') ?? '';
  if (path.endsWith('/mypermissions'))
    return json(200, { permissions: { USER_PICKER: { havePermission: true } } });
  if (path.endsWith('/group/user')) {
    const member = app.find(at('accountId'));
    if (!member) return json(404, {});
    if (member.more['group'] === query.get('groupId'))
      return json(400, { errorMessages: ['already'] });
    member.more['group'] = query.get('groupId') ?? '';
    return json(201, {});
  }
  if (path.endsWith('/search')) {
    const wanted = query.get('query');
    return json(
      200,
      app
        .seen()
        .filter((each) =>
          wanted === null ? id === '' || each.id === id : same(each.email, wanted),
        )
        .map(shown),
    );
  }
  if (method === 'POST') {
    const email = at('emailAddress');
    if (at('products') === '') return json(400, {});
    const known = app.find(email);
    return known
      ? json(201, shown(known))
      : app.isFull()
        ? json(400, {})
        : json(201, shown(app.add(email)));
  }
  const member = app.members.find((each) => each.id === id);
  if (!member) return json(404, {});
  if (method === 'GET') return json(200, shown(member));
  app.members.splice(app.members.indexOf(member), 1);
  return json(204);
};

export const entra: Api = ({ method, path, query, at }, app) => {
  const shown = ({ id, email }: Member) => ({ id, userPrincipalName: email });
  if (path.startsWith('/v1.0/groups/')) {
    const member = app.find(at('@odata.id').split('/').at(-1) ?? '');
    if (!member) return json(404, {});
    if (member.more['group']) return json(400, {});
    member.more['group'] = 'g';
    return json(204);
  }
  const key = after(path, '/users/')?.split('/')[0];
  if (key !== undefined) {
    const member = app.find(key);
    if (!member) return json(404, { error: { code: 'Request_ResourceNotFound' } });
    if (method === 'PATCH') member.active = at('accountEnabled') === 'true';
    return method === 'PATCH' ? json(204) : json(200, {});
  }
  if (method === 'POST') {
    const upn = at('userPrincipalName');
    if (at('passwordProfile.password') === '' || at('mailNickname') === '') return json(400, {});
    return app.find(upn) || app.isFull() ? json(400, {}) : json(201, shown(app.add(upn)));
  }
  const filter = query.get('$filter');
  // As in OData: an apostrophe of the value is doubled.
  const [, name, text = ''] = /^(\w+) eq '((?:[^']|'')*)'(?: and|$)/.exec(filter ?? '') ?? [];
  if (filter?.includes("'") && name === undefined) return json(400, {});
  const value = text.replaceAll("''", "'");
  const found = app
    .seen()
    .filter((each) => each.active)
    .filter(
      (each) => name === undefined || (name === 'id' ? each.id === value : same(each.email, value)),
    );
  return json(200, { value: found.map(shown) });
};

export const zendesk: Api = ({ method, path, query, at }, app) => {
  const shown = ({ id, email, active, more }: Member) => ({
    id: Number(id),
    email,
    role: more['role'],
    suspended: !active && more['role'] === 'end-user',
  });
  if (path.endsWith('create_or_update.json')) {
    const known = app.find(at('user.email'));
    if (!known && app.isFull()) return json(422, {});
    const member = known ?? app.add(at('user.email'));
    member.more['role'] = at('user.role');
    member.active = true;
    return json(known ? 200 : 201, { user: shown(member) });
  }
  if (path.endsWith('/search.json')) {
    const text = query.get('query') ?? '';
    const email = /email:(\S+)/.exec(text)?.[1] ?? '';
    const found = app
      .seen()
      .filter(
        (each) =>
          same(each.email, email) && (!text.includes('role:') || each.more['role'] !== 'end-user'),
      );
    return json(200, { users: found.map(shown), count: found.length });
  }
  if (path.endsWith('/show_many.json'))
    return json(200, { users: app.members.filter(({ id }) => id === query.get('ids')).map(shown) });
  const id = after(path, '/users/')?.replace('.json', '');
  const member = app.members.find((each) => each.id === id);
  if (!member) return json(404, { error: 'RecordNotFound' });
  if (method === 'PUT') {
    if (at('user.role') !== '') member.more['role'] = at('user.role');
    if (at('user.suspended') === 'true') {
      if (member.more['role'] !== 'end-user') return json(422, {});
    }
    member.active = member.more['role'] !== 'end-user';
  }
  return json(200, { user: shown(member) });
};

export const zoom: Api = ({ method, path, at }, app) => {
  if (path === '/oauth/token') return json(200, { access_token: 'secret-t', expires_in: 3600 });
  const key = after(path, '/users/');
  if (key === undefined) {
    if (method !== 'POST')
      return json(200, { users: app.seen().map(({ id, email }) => ({ id, email })) });
    const email = at('user_info.email');
    if (app.find(email)) return json(409, { code: 1005 });
    return app.isFull() ? json(400, { code: 3412 }) : json(201, { id: app.add(email).id, email });
  }
  const member = app.find(key);
  if (!member) return json(404, { code: 1001 });
  if (method === 'GET') return json(200, { id: member.id, email: member.email, status: 'pending' });
  app.members.splice(app.members.indexOf(member), 1);
  return json(204);
};

export const asana: Api = ({ path, at }, app) => {
  const member = app.find(at('data.user') || after(path, '/users/') || '');
  const shown = ({ id, email }: Member) => ({ gid: id, email, name: email });
  if (path.endsWith('/removeUser')) {
    if (!member) return json(404, {});
    app.members.splice(app.members.indexOf(member), 1);
    return json(200, { data: {} });
  }
  if (path.endsWith('/addUser')) {
    if (!member && app.isFull()) return json(402, {});
    return json(200, { data: shown(member ?? app.add(at('data.user'))) });
  }
  if (path.endsWith('/users')) return json(200, { data: app.seen().map(shown), next_page: null });
  return member
    ? json(200, { data: shown(member) })
    : json(404, { errors: [{ message: 'user: Not found' }] });
};

export const hubspot: Api = ({ method, path, at }, app) => {
  const key = after(path, '/users/');
  if (key === undefined) {
    if (app.find(at('email')) || app.isFull()) return json(409, {});
    const { id, email } = app.add(at('email'));
    return json(201, { id, email });
  }
  const member = app.find(key);
  if (!member) return json(404, {});
  if (method === 'DELETE') {
    app.members.splice(app.members.indexOf(member), 1);
    return json(204);
  }
  return json(200, { id: member.id, email: member.email });
};

export const gitlab: Api = ({ method, path, query, at }, app) => {
  const users = [
    { id: 77, username: 'annlee' },
    { id: 78, username: 'annlees' },
  ];
  const shown = (each: Member) => ({
    ...users.find(({ id }) => `${id}` === each.email),
    access_level: 30,
  });
  const user = after(path, '/users/');
  if (user !== undefined) {
    const found = users.find(({ id }) => `${id}` === user);
    return found ? json(200, found) : json(404, { message: '404 User Not Found' });
  }
  if (path.endsWith('/users'))
    return json(
      200,
      users.filter(({ username }) => username === query.get('username')),
    );
  if (method === 'POST') {
    if (app.find(at('user_id'))) return json(409, { message: 'Member already exists' });
    return app.isFull() ? json(422, {}) : json(201, shown(app.add(at('user_id'))));
  }
  if (method === 'DELETE') {
    const member = app.find(after(path, '/members/') ?? '');
    if (!member) return json(404, { message: '404 Not found' });
    app.members.splice(app.members.indexOf(member), 1);
    return json(204);
  }
  const id = query.get('user_ids[]');
  const name = query.get('query') ?? '';
  return json(
    200,
    app
      .seen()
      .map(shown)
      .filter((each) => (id === null ? each.username?.includes(name) : `${each.id}` === id)),
  );
};

export const linear: Api = ({ at }, app) => {
  const query = at('query');
  const invites = (each: Member) => ({ id: each.id, email: each.email, ended: null });
  if (query.includes('organizationInviteCreate')) {
    const email = at('variables.input.email');
    if (app.find(email) || app.isFull())
      return json(200, { errors: [{ message: 'already invited' }], data: null });
    const { id } = app.add(email);
    return json(200, {
      data: { organizationInviteCreate: { success: true, organizationInvite: { id } } },
    });
  }
  if (query.includes('organizationInviteDelete')) {
    const member = app.find(quoted(query));
    if (!member) return json(400, { errors: [{ message: 'Entity not found' }] });
    app.members.splice(app.members.indexOf(member), 1);
    return json(200, { data: { organizationInviteDelete: { success: true } } });
  }
  if (query.includes('viewer')) return json(200, { data: { viewer: { id: 'v' } } });
  return json(200, {
    data: {
      users: { nodes: [] },
      ...(query.includes('organizationInvites') && {
        organizationInvites: { nodes: app.seen().map(invites) },
      }),
    },
  });
};
