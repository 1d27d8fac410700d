import { dateTime, listOf, strictObject, text, Type, uuid } from '@souk/comms/http';

const email = Type.String({ format: 'email', maxLength: 254 });
const password = Type.String({ minLength: 10, maxLength: 128 });

export const registerBody = strictObject({ email, password, name: text(200) });
export const signInBody = strictObject({ email, password: Type.String({ minLength: 1, maxLength: 128 }) });
export const refreshBody = strictObject({ refreshToken: Type.String({ minLength: 1, maxLength: 200 }) });

export const user = Type.Object({
  id: uuid(),
  email: Type.String(),
  name: Type.String(),
  roles: Type.Array(Type.String()),
  createdAt: dateTime(),
});

export const users = listOf(user);

export const tokens = Type.Object({
  accessToken: Type.String(),
  tokenType: Type.Literal('Bearer'),
  expiresIn: Type.Integer(),
  refreshToken: Type.String(),
});
