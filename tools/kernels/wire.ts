/**
 * Jupyter's wire protocol: a message is a list of frames, signed with the connection's key.
 *
 * See https://jupyter-client.readthedocs.io/en/latest/messaging.html#the-wire-protocol
 */
import { Buffer } from "node:buffer";
import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";

/** What a connection file holds. */
export interface Connection {
  ip: string;
  transport: string;
  key: string;
  signature_scheme: string;
  shell_port: number;
  control_port: number;
  stdin_port: number;
  iopub_port: number;
  hb_port: number;
}

/** The first part of every message; it is repeated as the parent of what answers it. */
export interface Header {
  msg_id: string;
  msg_type: string;
  session: string;
  username: string;
  date: string;
  version: string;
}

export type Content = Record<string, unknown>;

export interface Message {
  /** Who sent it or shall get it (on iopub: the topic). */
  identities: Buffer[];
  header: Header;
  parent: Partial<Header>;
  metadata: Content;
  content: Content;
  buffers: Buffer[];
}

const DELIMITER = Buffer.from("<IDS|MSG>");

function sign(key: string, parts: readonly Buffer[]): string {
  if (key === "") return "";
  const hmac = createHmac("sha256", key);
  for (const part of parts) hmac.update(part);
  return hmac.digest("hex");
}

/** The message in these frames, or undefined where they are no message signed with this key. */
export function parse(frames: readonly Buffer[], key: string): Message | undefined {
  const at = frames.findIndex((frame) => frame.equals(DELIMITER));
  const [signature, header, parent, metadata, content, ...buffers] = frames.slice(at + 1);
  if (at < 0 || !signature || !header || !parent || !metadata || !content) return undefined;
  const expected = Buffer.from(sign(key, [header, parent, metadata, content]));
  if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) {
    return undefined;
  }
  try {
    return {
      identities: frames.slice(0, at),
      header: JSON.parse(header.toString()) as Header,
      parent: JSON.parse(parent.toString()) as Partial<Header>,
      metadata: JSON.parse(metadata.toString()) as Content,
      content: JSON.parse(content.toString()) as Content,
      buffers,
    };
  } catch {
    return undefined;
  }
}

/** The signed frames of a message. */
export function frames(message: Message, key: string): Buffer[] {
  const parts = [message.header, message.parent, message.metadata, message.content]
    .map((part) => Buffer.from(JSON.stringify(part)));
  const signature = Buffer.from(sign(key, parts));
  return [...message.identities, DELIMITER, signature, ...parts, ...message.buffers];
}

/** A new message, in answer to `parent` where there is one. */
export function compose(
  type: string,
  content: Content,
  session: string,
  parent: Partial<Header> = {},
): Message {
  const header: Header = {
    msg_id: randomUUID(),
    msg_type: type,
    session,
    username: "kernel",
    date: new Date().toISOString(),
    version: "5.3",
  };
  return { identities: [], header, parent, metadata: {}, content, buffers: [] };
}
