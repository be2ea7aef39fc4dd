//! A fake WhatsApp server and phones, for tests only.
