//! Writes the log in few large pieces. The engine hands the log over in two writes a page, a header of 24 bytes and the
//! page, which is two system calls a page and a third of what a small write costs. This virtual file system, used by the
//! writing connection alone, passes everything on to the system's own, but keeps frames that are appended to the log
//! until the last one of the commit has come, and then writes them at once.
//!
//! Safe because the engine publishes a commit in the shared index only after it has written the commit's last frame, whose
//! header says so (bytes 4 to 8, the size of the database in pages, are not zero): whoever looks through another
//! connection never sees a frame that is still here, and a failing write is reported to the engine in time. Whatever else
//! is asked of the file first gets what is kept written out. Format: <https://sqlite.org/fileformat2.html#walformat>.
#![expect(unsafe_code, reason = "the engine's interface for file systems is one of C")]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem::{MaybeUninit, size_of};
use std::ptr::{NonNull, null_mut};
use std::sync::OnceLock;

use rusqlite::ffi;

use crate::Error;

/// The name that a connection is opened with to use this.
pub(crate) const NAME: &CStr = c"partyline-log";

const FRAME_HEADER_BYTES: usize = 24;

/// Kept bytes are written out at this size, whatever is still to come. The system's part takes at most 128 KiB less one
/// byte at once (`seekAndWriteFd` masks the rest away, and then believes that the disk is full).
const KEPT_BYTES_MAX: usize = 96 << 10;

/// The longest piece given to the system's part.
const PIECE_BYTES_MAX: usize = 64 << 10;

/// What stands before the system's own file object in the room that the engine gives us.
#[repr(C)]
struct LogFile {
    /// First, because the engine takes a pointer to this for one to an `sqlite3_file`.
    file: ffi::sqlite3_file,
    system: NonNull<ffi::sqlite3_file>,
    kept: *mut Kept,
}

/// Frames that were handed over and not written yet.
#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    /// Where in the file they belong.
    at: i64,
    /// Where the last write ended: only what is appended there is kept.
    end: i64,
    /// The last header was that of a commit's last frame, so the page that follows completes it.
    completes: bool,
}

enum Step {
    /// Keep it, and then write everything out if `true`.
    Keep(bool),
    /// Write out what is kept, then this.
    Through,
}

impl Kept {
    fn step(&mut self, bytes: &[u8], offset: i64) -> Step {
        let is_header = bytes.len() == FRAME_HEADER_BYTES;
        if offset != self.end || (self.bytes.is_empty() && !is_header) {
            return Step::Through;
        }
        if is_header {
            self.completes = bytes[4..8] != [0; 4];
            return Step::Keep(false);
        }
        Step::Keep(self.completes || self.bytes.len() + bytes.len() >= KEPT_BYTES_MAX)
    }
}

struct System(NonNull<ffi::sqlite3_vfs>);

// SAFETY: the engine's file systems are registered once, never changed and used by all threads.
unsafe impl Send for System {}
// SAFETY: as above.
unsafe impl Sync for System {}

static SYSTEM: OnceLock<Option<System>> = OnceLock::new();

/// Makes [`NAME`] known to the engine, once for the process.
pub(crate) fn register() -> Result<(), Error> {
    match SYSTEM.get_or_init(register_once) {
        Some(_) => Ok(()),
        None => Err(Error::Unavailable("the engine's file system could not be extended".to_owned())),
    }
}

fn register_once() -> Option<System> {
    // SAFETY: the default file system lives as long as the process; our copy of it is leaked and so does too. All of
    // its functions but `xOpen` are the system's, and work on the argument they are given or on the copied `pAppData`.
    unsafe {
        if ffi::sqlite3_initialize() != ffi::SQLITE_OK {
            return None;
        }
        let system = NonNull::new(ffi::sqlite3_vfs_find(std::ptr::null()))?;
        let mut ours = *system.as_ptr();
        ours.zName = NAME.as_ptr();
        ours.pNext = null_mut();
        ours.szOsFile += c_int::try_from(size_of::<LogFile>()).ok()?;
        ours.xOpen = Some(open);
        let ours = Box::leak(Box::new(ours));
        (ffi::sqlite3_vfs_register(ours, 0) == ffi::SQLITE_OK).then_some(System(system))
    }
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    let Some(Some(System(system))) = SYSTEM.get() else { return ffi::SQLITE_CANTOPEN };
    // SAFETY: the engine gives `szOsFile` bytes at `file`, which is room for a `LogFile` and the system's object behind it.
    unsafe {
        let Some(open) = (*system.as_ptr()).xOpen else { return ffi::SQLITE_CANTOPEN };
        if flags & ffi::SQLITE_OPEN_WAL == 0 {
            return open(system.as_ptr(), name, file, flags, flags_out);
        }
        let log = file.cast::<LogFile>();
        let behind = log.add(1).cast::<ffi::sqlite3_file>();
        (*log).file.pMethods = std::ptr::null();
        let code = open(system.as_ptr(), name, behind, flags, flags_out);
        if code != ffi::SQLITE_OK {
            return code;
        }
        (*log).system = NonNull::new_unchecked(behind);
        (*log).kept = Box::into_raw(Box::default());
        (*log).file.pMethods = &raw const METHODS;
        code
    }
}

static METHODS: ffi::sqlite3_io_methods = {
    // SAFETY: all zero is a table of a version 0 without functions; the ones that a log needs follow.
    let mut methods: ffi::sqlite3_io_methods = unsafe { MaybeUninit::zeroed().assume_init() };
    methods.iVersion = 1;
    methods.xClose = Some(close);
    methods.xRead = Some(read);
    methods.xWrite = Some(write);
    methods.xTruncate = Some(truncate);
    methods.xSync = Some(sync);
    methods.xFileSize = Some(file_size);
    methods.xLock = Some(lock);
    methods.xUnlock = Some(lock);
    methods.xCheckReservedLock = Some(check_reserved_lock);
    methods.xFileControl = Some(file_control);
    methods.xSectorSize = Some(sector_size);
    methods.xDeviceCharacteristics = Some(device_characteristics);
    methods
};

/// The system's file, and what is kept for it.
///
/// # Safety
/// `file` was opened by [`open`] and is used by one thread at a time, as the engine does.
unsafe fn parts<'f>(file: *mut ffi::sqlite3_file) -> (*mut ffi::sqlite3_file, &'f mut Kept) {
    // SAFETY: by the contract above.
    unsafe {
        let log = file.cast::<LogFile>();
        ((*log).system.as_ptr(), &mut *(*log).kept)
    }
}

/// Writes to the system's file.
unsafe fn pass(system: *mut ffi::sqlite3_file, bytes: &[u8], offset: i64) -> c_int {
    let mut at = offset;
    for piece in bytes.chunks(PIECE_BYTES_MAX) {
        let length = piece.len() as c_int;
        // SAFETY: the system's object was opened by the system, and takes `length` bytes.
        let code =
            unsafe { call(system, |methods| methods.xWrite, |write| write(system, piece.as_ptr().cast(), length, at)) };
        if code != ffi::SQLITE_OK {
            return code;
        }
        at += i64::from(length);
    }
    ffi::SQLITE_OK
}

/// Writes out what is kept, and forgets it even if that fails: the engine then forgets the frames too.
unsafe fn flush(system: *mut ffi::sqlite3_file, kept: &mut Kept) -> c_int {
    if kept.bytes.is_empty() {
        return ffi::SQLITE_OK;
    }
    // SAFETY: as in `pass`.
    let code = unsafe { pass(system, &kept.bytes, kept.at) };
    kept.bytes.clear();
    kept.completes = false;
    if code != ffi::SQLITE_OK {
        kept.end = -1;
    }
    code
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, data: *const c_void, length: c_int, offset: i64) -> c_int {
    let Ok(length) = usize::try_from(length) else { return ffi::SQLITE_IOERR_WRITE };
    // SAFETY: the engine gives `length` bytes at `data`; `file` is ours.
    unsafe {
        let (system, kept) = parts(file);
        let bytes = std::slice::from_raw_parts(data.cast::<u8>(), length);
        match kept.step(bytes, offset) {
            Step::Keep(is_last) => {
                if kept.bytes.is_empty() {
                    kept.at = offset;
                }
                kept.bytes.extend_from_slice(bytes);
                kept.end = offset + length as i64;
                if is_last { flush(system, kept) } else { ffi::SQLITE_OK }
            }
            Step::Through => {
                let flushed = flush(system, kept);
                if flushed != ffi::SQLITE_OK {
                    return flushed;
                }
                let code = pass(system, bytes, offset);
                kept.end = if code == ffi::SQLITE_OK { offset + length as i64 } else { -1 };
                code
            }
        }
    }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: `file` is ours, and never used again.
    unsafe {
        let (system, kept) = parts(file);
        let flushed = flush(system, kept);
        drop(Box::from_raw((*file.cast::<LogFile>()).kept));
        let closed = call(system, |methods| methods.xClose, |close| close(system));
        if flushed == ffi::SQLITE_OK { closed } else { flushed }
    }
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, into: *mut c_void, length: c_int, offset: i64) -> c_int {
    // SAFETY: `file` is ours, the rest is the engine's.
    unsafe { flushed(file, |methods| methods.xRead, |read, system| read(system, into, length, offset)) }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: i64) -> c_int {
    // SAFETY: as in `read`.
    unsafe { flushed(file, |methods| methods.xTruncate, |truncate, system| truncate(system, size)) }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: as in `read`.
    unsafe { flushed(file, |methods| methods.xSync, |sync, system| sync(system, flags)) }
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, size: *mut i64) -> c_int {
    // SAFETY: as in `read`.
    unsafe { flushed(file, |methods| methods.xFileSize, |file_size, system| file_size(system, size)) }
}

unsafe extern "C" fn file_control(file: *mut ffi::sqlite3_file, what: c_int, value: *mut c_void) -> c_int {
    // SAFETY: as in `read`.
    unsafe { flushed(file, |methods| methods.xFileControl, |control, system| control(system, what, value)) }
}

unsafe extern "C" fn lock(_: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    ffi::SQLITE_OK // the engine locks the database's file, never its log
}

unsafe extern "C" fn check_reserved_lock(_: *mut ffi::sqlite3_file, reserved: *mut c_int) -> c_int {
    // SAFETY: the engine gives a place for the answer.
    unsafe { *reserved = 0 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn sector_size(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: as in `read`.
    unsafe {
        let (system, _) = parts(file);
        call(system, |methods| methods.xSectorSize, |sector_size| sector_size(system))
    }
}

unsafe extern "C" fn device_characteristics(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: as in `read`.
    unsafe {
        let (system, _) = parts(file);
        call(system, |methods| methods.xDeviceCharacteristics, |characteristics| characteristics(system))
    }
}

/// Calls one of the system's functions once nothing is kept any more.
unsafe fn flushed<F>(
    file: *mut ffi::sqlite3_file,
    pick: impl FnOnce(&ffi::sqlite3_io_methods) -> Option<F>,
    run: impl FnOnce(F, *mut ffi::sqlite3_file) -> c_int,
) -> c_int {
    // SAFETY: `file` is ours.
    unsafe {
        let (system, kept) = parts(file);
        let code = flush(system, kept);
        if code != ffi::SQLITE_OK {
            return code;
        }
        call(system, pick, |function| run(function, system))
    }
}

unsafe fn call<F>(
    system: *mut ffi::sqlite3_file,
    pick: impl FnOnce(&ffi::sqlite3_io_methods) -> Option<F>,
    run: impl FnOnce(F) -> c_int,
) -> c_int {
    // SAFETY: the system's object was opened by the system.
    match pick(unsafe { &*(*system).pMethods }) {
        Some(function) => run(function),
        None => ffi::SQLITE_IOERR,
    }
}
