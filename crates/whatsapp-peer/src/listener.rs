//! The socket: accepts connections, shakes hands, and carries stanzas both ways.

use anyhow::{Context, Result};
use bytes::{Bytes, BytesMut};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::Receiver;
use tokio_websockets::{Message, ServerBuilder, WebSocketStream};
use wacore_binary::Node;
use wacore_binary::consts::WA_CONN_HEADER;
use wacore_noise::NoiseCipher;
use wacore_noise::framing::{FrameDecoder, encode_frame};

use crate::noise::{Agreed, Answered, answer};
use crate::server::Server;
use crate::stanzas::{Session, door};
use crate::world::{Out, Wire};

type Sink = SplitSink<WebSocketStream<TcpStream>, Message>;

/// Accepts for ever; ends with the task.
pub async fn accept(server: Server, listener: TcpListener) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let server = server.clone();
        connections.spawn(async move {
            if let Err(error) = serve(server, stream).await {
                tracing::debug!("a connection ended: {error:#}");
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(server: Server, stream: TcpStream) -> Result<()> {
    stream.set_nodelay(true)?;
    let (_, socket) = ServerBuilder::new().accept(stream).await?;
    let (mut sink, stream) = socket.split();
    let mut frames = Frames { stream, decoder: FrameDecoder::new(), begun: false };
    let (frame, answered) = answer(server.identity(), &frames.next().await?)?;
    sink.send(Message::binary(encode_frame(&frame, None)?)).await?;
    let agreed = match answered {
        Answered::Whole(agreed) => *agreed,
        Answered::Waiting(waiting) => waiting.finish(&frames.next().await?)?,
    };
    let Agreed { from_client, to_client, payload } = agreed;

    let (wire, outgoing) = Wire::new(server.world().next());
    let writer = tokio::spawn(write(sink, to_client, outgoing));
    let result = async {
        let Some(mut session) = door::enter(&server, wire.clone(), &payload) else { return Ok(()) };
        let result = read(&mut session, &mut frames, &from_client).await;
        session.leave();
        result
    }
    .await;
    wire.end();
    writer.await?;
    result
}

async fn read(session: &mut Session, frames: &mut Frames, cipher: &NoiseCipher) -> Result<()> {
    for counter in 0.. {
        let mut frame = BytesMut::from(&frames.next().await?[..]);
        cipher.decrypt_in_place_with_counter(counter, &mut frame)?;
        let plain = wacore_binary::util::unpack(&frame)?.into_owned();
        let node = wacore_binary::marshal::unmarshal_ref(&plain)?.to_owned();
        session.handle(node);
    }
    Ok(())
}

/// Writes until the connection ends or is to end; what was said before the end still goes out.
async fn write(mut sink: Sink, cipher: NoiseCipher, mut outgoing: Receiver<Out>) {
    let mut counter = 0;
    while let Some(Out::Node(node)) = outgoing.recv().await {
        let Ok(frame) = sealed(&cipher, counter, &node) else { break };
        counter += 1;
        if sink.send(Message::binary(frame)).await.is_err() {
            break;
        }
    }
    let _ = sink.close().await;
}

fn sealed(cipher: &NoiseCipher, counter: u32, node: &Node) -> Result<Bytes> {
    let plain = wacore_binary::marshal::marshal(node)?;
    let sealed = cipher.encrypt_with_counter(counter, &plain)?;
    Ok(encode_frame(&sealed, None)?.into())
}

/// The client's frames: three bytes of length, then the frame; before the first one stand the protocol's four letters.
struct Frames {
    stream: SplitStream<WebSocketStream<TcpStream>>,
    decoder: FrameDecoder,
    begun: bool,
}

impl Frames {
    async fn next(&mut self) -> Result<BytesMut> {
        loop {
            if let Some(frame) = self.decoder.decode_frame() {
                return Ok(frame);
            }
            let message = self.stream.next().await.context("the client hung up")??;
            if !message.is_binary() {
                anyhow::ensure!(!message.is_close(), "the client closed the connection");
                continue;
            }
            let mut bytes: &[u8] = message.as_payload();
            if !self.begun {
                self.begun = true;
                bytes = bytes.strip_prefix(&WA_CONN_HEADER).unwrap_or(bytes);
            }
            self.decoder.feed(bytes);
        }
    }
}
