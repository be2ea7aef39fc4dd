//! One step of a story told to two storages: each answers in words that can be compared. The steps are numbers, so that
//! generated ones are as good as written ones.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use bytes::Bytes;
use wacore::appstate::hash::HashState;
use wacore::appstate::processor::AppStateMutationMAC;
use wacore::store::traits::*;

/// What is done, and to what.
pub type Step = (u8, u8, u8, u8);

pub const DEEDS: u8 = 68;

const NAMES: [&str; 6] = ["1@s.whatsapp.net", "1:3@s.whatsapp.net", "1@lid", "11@lid", "od\0d", "120363@g.us"];
/// Times and ends of spans, in seconds since 1970; the last one is after whatever is stored now.
const TIMES: [i64; 5] = [0, 10, 20, 30, 100_000_000_000];

/// Tells the same steps to both and compares each answer.
pub async fn tell(ours: &dyn Backend, reference: &dyn Backend, steps: &[Step]) {
    for (at, step) in steps.iter().enumerate() {
        let (our_answer, its_answer) = (answer(ours, *step).await, answer(reference, *step).await);
        assert_eq!(our_answer, its_answer, "step {at} of {steps:?}");
    }
}

/// Every deed with several arguments, those that ask between those that change.
pub fn whole() -> Vec<Step> {
    let each = (0..4_u8).flat_map(|round| (0..DEEDS).map(move |deed| (deed, round, round / 2, round * 3)));
    each.flat_map(|(deed, a, b, c)| [(deed, a, b, c), (deed, a + 1, b, c + 1), ((deed % 9 * 7 + a) % DEEDS, a, b, c)])
        .collect()
}

fn name(n: u8) -> &'static str {
    NAMES[usize::from(n) % NAMES.len()]
}

fn time(n: u8) -> i64 {
    TIMES[usize::from(n) % TIMES.len()]
}

fn long(n: u8) -> Vec<u8> {
    (0..u8::try_from(usize::from(n) * 40 % 250).expect("small")).collect()
}

fn told<T: Debug>(answer: T) -> String {
    format!("{answer:?}")
}

fn sorted<T: Debug>(answer: Result<Vec<T>, wacore::store::error::StoreError>) -> String {
    let mut lines: Vec<String> = answer.expect("an answer").iter().map(told).collect();
    lines.sort();
    lines.join("; ")
}

async fn answer(to: &dyn Backend, (deed, a, b, c): Step) -> String {
    match deed % DEEDS {
        deed @ 0..=21 => signal(to, deed, a, b, c).await,
        deed @ 22..=31 => app_sync(to, deed, a, b, c).await,
        deed @ 32..=49 => of_others(to, deed, a, b, c).await,
        deed @ 50..=60 => on_the_way(to, deed, a, b, c).await,
        deed => own(to, deed, a, b, c).await,
    }
}

async fn signal(to: &dyn Backend, deed: u8, a: u8, b: u8, c: u8) -> String {
    let (one, other) = (name(a), name(b));
    let id = u32::from(a) * 300 + u32::from(b);
    let named = |n: u8| -> (Arc<str>, Bytes) { (Arc::from(name(n)), long(c).into()) };
    match deed {
        0 => told(to.put_identity(one, [c; 32]).await),
        1 => told(to.put_identities_batch(&[(one.into(), [c; 32]), (other.into(), [b; 32])]).await),
        2 => told(to.load_identity(one).await),
        3 => told(to.delete_identity(one).await),
        4 => told(to.get_session(one).await),
        5 => told(to.put_session(one, &long(c)).await),
        6 => told(to.put_sessions_batch(&[named(a), named(b)]).await),
        7 => told(to.delete_session(one).await),
        8 => told(to.has_session(one).await),
        9 => told(to.has_signal_state_for_user(["1", "11", "2", "od"][usize::from(a) % 4]).await),
        10 => told(to.store_prekey(id, &long(c), b.is_multiple_of(2)).await),
        11 => told(to.store_prekeys_batch(&[(id, long(c).into()), (id + 1, long(b).into())], false).await),
        12 => told(to.load_prekey(id).await),
        13 => sorted(to.load_prekeys_batch(&[id, id + 1, 77_777]).await),
        14 => told(to.mark_prekeys_uploaded(&[id, 77_777]).await) + &told(to.load_prekey(77_777).await),
        15 => told(to.remove_prekey(id).await),
        16 => told(to.get_max_prekey_id().await),
        17 => told(to.store_signed_prekey(id, &long(c)).await) + &told(to.load_signed_prekey(id).await),
        18 => sorted(to.load_all_signed_prekeys().await),
        19 => told(to.remove_signed_prekey(id).await),
        20 => told(to.put_sender_keys_batch(&[named(a), named(b)]).await) + &told(to.get_sender_key(one).await),
        _ => told(to.put_sender_key(one, &long(c)).await) + &told(to.delete_sender_key(other).await),
    }
}

async fn app_sync(to: &dyn Backend, deed: u8, a: u8, b: u8, c: u8) -> String {
    let (key_id, name) = ([a % 3, 0, 0xFF], ["regular", "regular_low"][usize::from(b) % 2]);
    let mac = |n: u8| AppStateMutationMAC { index_mac: vec![n % 5; 32], value_mac: long(c) };
    match deed {
        22 => told(to.get_sync_key(&key_id).await),
        23 => {
            let key = AppStateSyncKey { key_data: long(c), fingerprint: vec![c], timestamp: time(b) };
            told(to.set_sync_key(&key_id, key).await)
        }
        24 => told(to.get_version(name).await),
        25 => {
            let mut state =
                HashState { version: c.into(), mac_mismatch_fatal: a.is_multiple_of(2), ..HashState::default() };
            state.hash[3] = c;
            state.index_value_map.insert("one".to_owned(), long(c));
            told(to.set_version(name, state).await)
        }
        26 | 27 => told(to.put_mutation_macs(name, 1, &[mac(a), mac(c)]).await),
        28 => told(to.get_mutation_mac(name, &[a % 5; 32]).await),
        29 => {
            let found = to.get_mutation_macs(name, &[[0; 32], [1; 32], [a % 5; 32]]).await.expect("an answer");
            told(BTreeMap::from_iter(found))
        }
        30 => told(to.delete_mutation_macs(name, &[vec![a % 5; 32], vec![b % 5; 32]]).await),
        _ => told(to.clear_mutation_macs(name).await) + &told(to.get_latest_sync_key_id().await),
    }
}

async fn of_others(to: &dyn Backend, deed: u8, a: u8, b: u8, c: u8) -> String {
    let (one, other, third) = (name(a), name(b), name(c));
    let mapping = |n: u8| LidPnMappingEntry {
        lid: format!("lid{}", n % 3),
        phone_number: format!("phone{}", (n / 3) % 3),
        created_at: time(a),
        updated_at: time(b),
        learning_source: "usync".to_owned(),
    };
    let list = |n: u8| DeviceListRecord {
        user: name(n).to_owned(),
        devices: vec![DeviceInfo::new(u32::from(c), None), DeviceInfo::new(1, Some(2)).with_hosting(true)],
        timestamp: time(c),
        phash: Some(one.to_owned()),
        raw_id: Some(u32::from(b)),
    };
    match deed {
        32 | 33 => told(to.set_sender_key_status(one, &[(other, a.is_multiple_of(2)), (third, true)]).await),
        34 => sorted(to.get_sender_key_devices(one).await),
        35 => told(to.clear_sender_key_devices(one).await),
        36 => told(to.delete_sender_key_device_rows(&[other, third]).await),
        37 => told(to.clear_all_sender_key_devices().await),
        38 => told(to.get_lid_mapping(&format!("lid{}", a % 3)).await),
        39 => told(to.get_pn_mapping(&format!("phone{}", a % 3)).await),
        40 => told(to.put_lid_mapping(&mapping(c)).await),
        41 => told(to.put_lid_mappings(&[mapping(a), mapping(c), mapping(b)]).await),
        42 => sorted(to.get_all_lid_mappings().await),
        43 => told(to.save_base_key(one, other, &[c]).await),
        44 => told(to.has_same_base_key(one, other, &[c]).await),
        45 => told(to.delete_base_key(one, other).await),
        46 => told(to.update_device_list(list(a)).await),
        47 => told(to.update_device_lists(vec![list(a), list(b)]).await),
        48 => told(to.get_devices(one).await) + &told(to.delete_devices(other).await),
        _ => {
            let stored = told(to.put_group_metadata(one, &long(c)).await) + &told(to.get_group_metadata(other).await);
            stored + &told(to.delete_group_metadata(third).await)
        }
    }
}

async fn on_the_way(to: &dyn Backend, deed: u8, a: u8, b: u8, c: u8) -> String {
    let (chat, sender, id) = (name(a), name(b), ["3EB0", "od\0d"][usize::from(c) % 2]);
    let message = long(c);
    match deed {
        50 => told(to.store_sent_message(chat, id, &message).await),
        51 => told(to.take_sent_message(chat, id).await),
        // Before or after whatever was stored.
        52 => told(to.delete_expired_sent_messages([0, TIMES[4]][usize::from(c) % 2]).await),
        53 => told(to.store_pending_inbound(chat, sender, id, &message).await),
        54 => told(to.get_pending_inbound(chat, sender, id).await),
        55 => told(to.delete_pending_inbound(chat, sender, id).await),
        56 => told(to.delete_expired_pending_inbound([0, TIMES[4]][usize::from(c) % 2]).await),
        57 => {
            let row = PendingInboundRow { chat, sender, id, message: &message };
            told(to.store_pending_inbound_batch(&[row, PendingInboundRow { sender: chat, ..row }]).await)
        }
        58 => {
            let key = PendingInboundKey { chat, sender, id };
            told(to.delete_pending_inbound_batch(&[key, PendingInboundKey { sender: chat, ..key }]).await)
        }
        59 => {
            let entry = |n: u8| MsgSecretEntry {
                chat: chat.into(),
                sender: sender.into(),
                msg_id: id.into(),
                secret: [n; 32],
                expires_at: time(n % 4),
                message_ts: time(n / 4),
            };
            let other = MsgSecretEntry { sender: chat.into(), ..entry(b) };
            let stored = told(to.put_msg_secrets(vec![entry(a), other, entry(c)]).await);
            stored + &told(to.get_msg_secret_with_ts(chat, sender, id).await)
        }
        _ => {
            let gone = told(to.delete_expired_msg_secrets(TIMES[1..4][usize::from(a) % 3]).await);
            gone + &told(to.get_msg_secret(chat, sender, id).await)
        }
    }
}

async fn own(to: &dyn Backend, deed: u8, a: u8, b: u8, c: u8) -> String {
    let jid = name(a);
    let entry = TcTokenEntry {
        token: long(c),
        token_timestamp: time(b % 4),
        sender_timestamp: b.is_multiple_of(2).then(|| time(c % 4)),
    };
    match deed {
        61 => told(to.put_tc_token(jid, &entry).await) + &told(to.get_tc_token(jid).await),
        62 => told(to.delete_tc_token(jid).await),
        63 => sorted(to.get_all_tc_token_jids().await),
        64 => told(to.delete_expired_tc_tokens(time(a % 4), time(b % 4)).await),
        65 => {
            let touched = told(to.touch_tc_token_sender_timestamp(jid, time(b % 4)).await);
            touched + &told(to.get_tc_token(jid).await)
        }
        66 => {
            let stored = told(to.store_received_tc_token(jid, &entry.token, entry.token_timestamp).await);
            stored + &told(to.get_tc_token(jid).await)
        }
        _ => {
            // Each makes keys of its own; what is saved is the same.
            let created = to.create().await.is_ok() && to.exists().await.expect("an answer");
            let mut device = to.load().await.expect("an answer").expect("a device");
            device.push_name = jid.to_owned();
            device.next_pre_key_id = u32::from(c);
            to.save(&device).await.expect("saved");
            let loaded = to.load().await.expect("an answer").expect("a device");
            let is_same =
                serde_json::to_string(&loaded).expect("JSON") == serde_json::to_string(&device).expect("JSON");
            assert_eq!(loaded.device_props, device.device_props);
            told((created, is_same, loaded.push_name, loaded.next_pre_key_id))
        }
    }
}
