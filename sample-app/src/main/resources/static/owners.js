// The bank speaks of account ids, people speak of owners.

export const owners = new Map();

export const nameOf = (id) => owners.get(id) ?? id.slice(0, "account-".length + 8);

/** A sentence of the bank, with the owner where it quotes an id. */
export const named = (text) => text.replace(
  /'(account-[0-9a-z-]+)'/g,
  (quoted, id) => (owners.has(id) ? `of ${owners.get(id)}` : quoted),
);
