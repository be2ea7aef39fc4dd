// A linked device by a client of another making, driven over standard input and output: a JSON object per line.
//   arguments: the client's folder, the server's address, the hex of whom to believe
//   in:  {"send": {"to": "...@s.whatsapp.net", "text": "..."}}
//   out: {"qr"}, {"open"}, {"closed"}, {"message": {id, from, mine, text}}, {"status": {id, status}}, {"sent": {id}}

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [folder, url, root] = process.argv.slice(2);
const library = (file) => import(pathToFileURL(`${folder}/node_modules/baileys/lib/${file}`));
const { default: makeSocket, initAuthCreds, makeCacheableSignalKeyStore } = await library("index.js");
const { WA_CERT_DETAILS } = await library("Defaults/index.js");
const { default: pino } = await import(pathToFileURL(`${folder}/node_modules/pino/pino.js`));

WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(root, "hex");
const logger = pino({ level: process.env.LOG ?? "silent" }, pino.destination(2));
// The client talks about itself on standard output, which is ours.
for (const level of ["log", "info", "warn", "debug"]) console[level] = console.error;
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

const records = new Map();
const keys = makeCacheableSignalKeyStore({
  get: async (type, ids) => Object.fromEntries(ids.map((id) => [id, records.get(`${type} ${id}`)]).filter(([, value]) => value)),
  set: async (data) => {
    for (const [type, entries] of Object.entries(data))
      for (const [id, value] of Object.entries(entries)) value ? records.set(`${type} ${id}`, value) : records.delete(`${type} ${id}`);
  },
}, logger);
const creds = initAuthCreds();

let socket;
function connect() {
  socket = makeSocket({
    auth: { creds, keys },
    logger,
    version: [2, 3000, 1030000000],
    waWebSocketUrl: url,
    syncFullHistory: false,
    shouldSyncHistoryMessage: () => false,
    markOnlineOnConnect: true,
  });
  socket.ev.on("creds.update", (update) => Object.assign(creds, update));
  socket.ev.on("connection.update", ({ qr, connection, lastDisconnect }) => {
    if (qr) say({ qr });
    if (connection === "open") say({ open: true });
    if (connection === "close") {
      const code = lastDisconnect?.error?.output?.statusCode;
      say({ closed: code ?? 0 });
      // Whoever was just linked has to connect anew.
      if (code === 515) connect();
    }
  });
  socket.ev.on("messages.upsert", ({ messages }) => {
    for (const { key, message } of messages) {
      const text = message?.conversation ?? message?.extendedTextMessage?.text ?? "";
      say({ message: { id: key.id, from: key.remoteJid, other: key.remoteJidAlt, mine: key.fromMe, text } });
      if (!key.fromMe && text) void socket.readMessages([key]);
    }
  });
  socket.ev.on("messages.update", (updates) => {
    for (const { key, update } of updates) if (update.status) say({ status: { id: key.id, status: update.status } });
  });
}
connect();

for await (const line of createInterface({ input: process.stdin })) {
  const { send } = JSON.parse(line);
  const sent = await socket.sendMessage(send.to, { text: send.text });
  say({ sent: { id: sent.key.id } });
}
process.exit(0);
