/** What to do about a server that cannot be reached, by what it was. */
export const doorHints = {
  account:
    'compare the user in the URL with the password that its setting names (env:NAME or file:PATH), and what the server lets in from here',
  database: 'compare the name of the database in the URL, and whether the account may connect to it',
  address: 'compare host and port in the URL, and look whether the server runs',
  certificate: 'name the authority with `ca: file:PATH` in the target, and the host as its certificate does',
} as const;
