// Opus from one box into another: what a browser records as WebM becomes the Ogg file that phones take for a voice message.
// The packets stay as they are. WebM: RFC 9559; Ogg: RFC 3533; Opus in Ogg: RFC 7845.

// Elements that hold the ones we look for; they are walked into, all others are passed over.
const HOLDERS = new Set([0x18538067, 0x1654ae6b, 0xae, 0x1f43b675, 0xa0]);
const CODEC_PRIVATE = 0x63a2, SIMPLE_BLOCK = 0xa3, BLOCK = 0xa1;
// Track number, time and flags before the packet.
const BLOCK_HEAD_BYTES = 4;
const PACKETS_PER_PAGE = 50;

function packetsOf(webm) {
  let at = 0, head;
  const packets = [];
  const number = (keepMark) => {
    const length = Math.clz32(webm[at]) - 23;
    if (length > 8) throw new Error('no WebM');
    let value = keepMark ? webm[at] : webm[at] & (0xff >> length), isUnknown = value === (0xff >> length);
    for (let n = 1; n < length; n += 1) { value = value * 256 + webm[at + n]; isUnknown &&= webm[at + n] === 0xff; }
    at += length;
    return isUnknown && !keepMark ? undefined : value;
  };
  while (at < webm.length) {
    const id = number(true), size = number(false);
    if (HOLDERS.has(id)) continue;
    const end = at + size;
    if (!(end <= webm.length)) break;
    if (id === CODEC_PRIVATE) head = webm.subarray(at, end);
    if (id === SIMPLE_BLOCK || id === BLOCK) packets.push(webm.subarray(at + BLOCK_HEAD_BYTES, end));
    at = end;
  }
  if (!head || packets.length === 0) throw new Error('nothing was recorded');
  return [head, packets];
}

// How many samples of 48 kHz a packet holds, by its first byte (RFC 6716, 3.1).
function samplesOf(packet) {
  const config = packet[0] >> 3;
  const ms = config < 12 ? [10, 20, 40, 60][config & 3] : config < 16 ? [10, 20][config & 1] : [2.5, 5, 10, 20][config & 3];
  const frames = [1, 2, 2, packet[1] & 63][packet[0] & 3];
  return ms * 48 * frames;
}

const CRC = Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});

function page(packets, { flags, position, serial, nth }) {
  const lacing = packets.flatMap((packet) => [...Array(Math.floor(packet.length / 255)).fill(255), packet.length % 255]);
  const bytes = new Uint8Array(27 + lacing.length + packets.reduce((sum, packet) => sum + packet.length, 0));
  const view = new DataView(bytes.buffer);
  bytes.set([0x4f, 0x67, 0x67, 0x53, 0, flags]);
  view.setBigUint64(6, BigInt(position), true);
  view.setUint32(14, serial, true);
  view.setUint32(18, nth, true);
  bytes[26] = lacing.length;
  bytes.set(lacing, 27);
  let at = 27 + lacing.length;
  for (const packet of packets) { bytes.set(packet, at); at += packet.length; }
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) ^ CRC[(crc >>> 24) ^ byte]) >>> 0;
  view.setUint32(22, crc, true);
  return bytes;
}

export function oggOf(webm) {
  const [head, packets] = packetsOf(webm);
  const serial = crypto.getRandomValues(new Uint32Array(1))[0];
  const tags = new Uint8Array([...new TextEncoder().encode('OpusTags'), 0, 0, 0, 0, 0, 0, 0, 0]);
  const pages = [page([head], { flags: 2, position: 0, serial, nth: 0 }), page([tags], { flags: 0, position: 0, serial, nth: 1 })];
  // The first samples are the codec's run-up; the head says how many.
  let position = 0;
  for (let at = 0; at < packets.length;) {
    const some = [];
    for (let laces = 0; at < packets.length && some.length < PACKETS_PER_PAGE; at += 1) {
      laces += Math.floor(packets[at].length / 255) + 1;
      if (laces > 255) break;
      some.push(packets[at]);
    }
    position += some.reduce((sum, packet) => sum + samplesOf(packet), 0);
    pages.push(page(some, { flags: at === packets.length ? 4 : 0, position, serial, nth: pages.length }));
  }
  return new Blob(pages);
}
