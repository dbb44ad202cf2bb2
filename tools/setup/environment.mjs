/**
 * The environment of every program that the kit starts. Variables that would send a program to other
 * modules, folders or settings are left out; those for the network (proxies, certificates, package
 * indexes, credentials) stay.
 */
import process from "node:process";

/** @typedef {Record<string, string | undefined>} Environment */

/** pip's settings for the network and its cache, as its configuration files spell them. */
export const PIP_SETTINGS = [
  ...["index-url", "extra-index-url", "find-links", "no-index", "trusted-host"],
  ...["cert", "client-cert", "proxy", "retries", "timeout", "default-timeout"],
  ...["keyring-provider", "use-feature", "use-deprecated", "cache-dir", "no-cache-dir"],
];

/** npm's settings for the network, its cache and the files of its settings. */
const NPM_SETTINGS = [
  ...["registry", "cafile", "ca", "cert", "key", "strict-ssl", "proxy", "https-proxy", "noproxy"],
  ...["local-address", "maxsockets", "fetch-retries", "fetch-retry-factor", "fetch-timeout"],
  ...["fetch-retry-mintimeout", "fetch-retry-maxtimeout", "offline", "prefer-offline"],
  ...["prefer-online", "cache", "userconfig", "globalconfig"],
];

/** Certificates and proxies of Node.js. */
const NODE_SETTINGS = [
  ...["NODE_OPTIONS", "NODE_EXTRA_CA_CERTS", "NODE_TLS_REJECT_UNAUTHORIZED"],
  ...["NODE_USE_SYSTEM_CA", "NODE_USE_ENV_PROXY"],
];

/** Options in NODE_OPTIONS that choose certificates, name resolution or the size of the heap. */
const NODE_OPTION =
  /^--(use-(system|openssl|bundled)-ca|use-env-proxy|openssl-|tls-|dns-result-order=|max-old-space-size=)/;

/** The variables that a tool reads, and which of them stay. */
const TOOLS = [
  { owns: /^PYTHON/, keeps: () => false },
  {
    owns: /^PIP_/,
    keeps: (/** @type {string} */ name) =>
      name === "PIP_CONFIG_FILE" ||
      PIP_SETTINGS.includes(name.slice(4).toLowerCase().replaceAll("_", "-")),
  },
  {
    owns: /^(JUPYTER|IPYTHON)/,
    // Secrets of a hub, which its administrator may set here.
    keeps: (/** @type {string} */ name) => /^JUPYTERHUB_(CRYPT_KEY|COOKIE_SECRET)$/.test(name),
  },
  {
    owns: /^npm_config_/i,
    keeps: (/** @type {string} */ name) => {
      const setting = name.slice(11).toLowerCase();
      // A registry of a scope, or an address with its credentials.
      return /^(@|\/\/)/.test(setting) || NPM_SETTINGS.includes(setting.replaceAll("_", "-"));
    },
  },
  { owns: /^NODE_/, keeps: (/** @type {string} */ name) => NODE_SETTINGS.includes(name) },
  {
    owns: /^DENO_/,
    keeps: (/** @type {string} */ name) =>
      /^DENO_(DIR|CERT|TLS_CA_STORE|AUTH_TOKENS|V8_FLAGS|NO_UPDATE_CHECK)$/.test(name),
  },
  // Where `npm start` was typed: in a terminal of JupyterLab the user stands elsewhere.
  { owns: /^INIT_CWD$/, keeps: () => false },
  // Folders in which a C++ compiler looks for headers, libraries and its own parts.
  {
    owns:
      /^(CPATH|C_INCLUDE_PATH|CPLUS_INCLUDE_PATH|LIBRARY_PATH|COMPILER_PATH|GCC_EXEC_PREFIX|ZIG_.+)$/,
    keeps: () => false,
  },
  {
    owns: /^GIT_/,
    keeps: (/** @type {string} */ name) =>
      /^GIT_(SSH|SSL|PROXY|HTTP|ASKPASS|TERMINAL_PROMPT|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM))/.test(
        name,
      ),
  },
];

/**
 * The environment for one of the kit's programs: the caller's without what would redirect it, and `own`
 * on top. A name in `own` that is undefined is left out.
 * @param {Environment} [own]
 * @param {Environment} [caller]
 * @returns {Record<string, string>}
 */
export function ownEnvironment(own = {}, caller = process.env) {
  /** @type {Record<string, string>} */
  const environment = {};
  for (const [name, value] of Object.entries({ ...caller, ...own })) {
    if (value !== undefined && (name in own || stays(name))) environment[name] = value;
  }
  const options = environment.NODE_OPTIONS;
  if (options !== undefined && !("NODE_OPTIONS" in own)) {
    environment.NODE_OPTIONS = options.split(/\s+/).filter((option) => NODE_OPTION.test(option))
      .join(" ");
  }
  return environment;
}

/**
 * The names of the caller's variables that the kit's programs do not get.
 * @param {Environment} [caller]
 */
export function ignoredVariables(caller = process.env) {
  // npm passes all its settings on to what it starts.
  const ofNpm = /^(npm_config_.*|INIT_CWD)$/i;
  return Object.keys(caller).filter((name) => !stays(name) && !ofNpm.test(name)).sort();
}

/** @param {string} name */
function stays(name) {
  return TOOLS.every(({ owns, keeps }) => !owns.test(name) || keeps(name));
}
