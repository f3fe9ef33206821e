// Settings, as the functions' READMEs have them.

export function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is missing`);
  return value;
}

export const text = (name, standard) => process.env[name] || standard;

export const number = (name, standard) => Number(process.env[name] || standard);
