/**
 * Words. A *login* is who signed in (`pam:ana`); an *account* is whom a command runs as on a host. An *account rule*
 * leads from one to the other: equal names are no proof by themselves, so without a rule nobody runs as anybody. Whoever
 * may `account.choose` names any account, or none: the agent's own.
 */
export { createAccounts, type Accounts, type AccountsNeeds, type Runner } from "./accounts.ts";
