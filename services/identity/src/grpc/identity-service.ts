import { ServiceError } from '@souk/comms/errors';
import { isUuid } from '@souk/comms/http';
import type { Callers, Implementation } from '@souk/comms/grpc';
import type { IdentityServiceDefinition } from '@souk/contracts/identity/v1';
import type { Users } from '../store/users.js';

/** Which services may ask what. */
export const callers: Callers<IdentityServiceDefinition> = {
  getUser: ['order', 'payment', 'product', 'system'],
};

export const identityService = (users: Users): Implementation<IdentityServiceDefinition> => ({
  getUser: async ({ id }) => {
    if (!isUuid(id)) throw new ServiceError('invalid_argument', 'id must be a UUID.');
    const user = await users.find(id);
    if (!user) throw new ServiceError('not_found', 'No such user.');
    return { id: user.id, email: user.email, name: user.name, roles: user.roles };
  },
});
