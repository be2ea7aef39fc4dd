use transport::{FileBytes, FileSource, Pending, SendError, Verdict};

pub struct NoFiles;

impl FileSource for NoFiles {
    fn open(&self, _: [u8; 32]) -> Pending<'_, Result<FileBytes, SendError>> {
        Box::pin(async {
            Err(SendError {
                verdict: Verdict::Permanent,
                code: None,
                title: String::new(),
                details: String::new(),
                maybe_accepted: false,
            })
        })
    }
}
