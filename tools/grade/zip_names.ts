/** Decodes the names of files in a zip. */
import { crc32 } from "node:zlib";
import type { Entry } from "yauzl";

/** Code page 850 from 0x80: Windows in Western Europe. Code page 437 has the same letters up to 0xA5. */
// cspell:disable-next-line
const CP850 = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐" +
  "└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0";

/** The extra field with a name in UTF-8, and the offsets of its checksum and name. */
const UNICODE_PATH = { id: 0x7075, checksum: 1, name: 5 };

/** Hosts that write names in a code page: MS-DOS, Windows NT, VFAT. */
const DOS_HOSTS = [0, 10, 14];

/**
 * Decodes the name of an entry. The first of these encodings that fits is used:
 *
 * 1. Info-ZIP's Unicode path, if its checksum matches the name;
 * 2. UTF-8, even if the entry does not declare UTF-8;
 * 3. code page 850, if every non-ASCII byte is a letter that code page 437 has at the same place (or ß in a
 *    zip made on Windows);
 * 4. windows-1252, if every non-ASCII byte is in its range of letters;
 * 5. code page 850, which has a character for every byte.
 */
export function nameOf(entry: Entry): string {
  // Without `decodeStrings`, yauzl does not decode names.
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
