export type Role = 'user' | 'admin';

export interface User {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly roles: string[];
  readonly createdAt: string;
}

/** Addresses that differ in case alone are one account. */
export const emailKeyOf = (email: string): string => email.toLowerCase();
