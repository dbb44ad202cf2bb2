/** Decodes the names of files in a zip. */
import { crc32 } from "node:zlib";
import type { Entry } from "yauzl";

/** Code page 850, from 0x80: Windows's in Western Europe. Its letters up to 0xA5 are code page 437's too. */
const CP850 = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐" +
  "└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0";

/** The extra field that holds a name as UTF-8, and where its checksum and name begin. */
const UNICODE_PATH = { id: 0x7075, checksum: 1, name: 5 };

/** Hosts that write names in a code page: MS-DOS, Windows NT, VFAT. */
const DOS_HOSTS = [0, 10, 14];

/**
 * The name of an entry, in the first of these encodings that fits:
 *
 * 1. Info-ZIP's Unicode path, if its checksum is that of the name;
 * 2. UTF-8, whether or not the entry says so;
 * 3. code page 850, if all other bytes than ASCII are letters that it shares with code page 437 (or ß in a zip
 *    of Windows's);
 * 4. windows-1252, if all these bytes are in its range of letters;
 * 5. code page 850, which has a character for every byte.
 */
export function nameOf(entry: Entry): string {
  // Without `decodeStrings` yauzl leaves names as bytes.
  const bytes = entry.fileNameRaw;
  return unicodePath(entry, bytes) ?? utf8(bytes) ?? codePage(bytes, entry.versionMadeBy >> 8);
}

function unicodePath({ extraFields }: Entry, bytes: Uint8Array): string | undefined {
  const data = extraFields.find(({ id }) => id === UNICODE_PATH.id)?.data;
  if (data === undefined || data.length <= UNICODE_PATH.name || data[0] !== 1) return undefined;
  if (data.readUInt32LE(UNICODE_PATH.checksum) !== crc32(bytes)) return undefined;
  return utf8(data.subarray(UNICODE_PATH.name));
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function codePage(bytes: Uint8Array, host: number): string {
  const high = bytes.filter((byte) => byte >= 0x80);
  const sharpS = DOS_HOSTS.includes(host) ? 0xe1 : 0x80;
  const isShared = (byte: number) =>
    byte <= 0x9a || (byte >= 0xa0 && byte <= 0xa5) || byte === sharpS;
  if (!high.every(isShared) && high.every((byte) => byte >= 0xc0)) {
    return new TextDecoder("windows-1252").decode(bytes);
  }
  return Array.from(bytes, (byte) => byte < 0x80 ? String.fromCharCode(byte) : CP850[byte - 0x80])
    .join("");
}
