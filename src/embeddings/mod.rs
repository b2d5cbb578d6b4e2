//! Embeddings on disk: what was computed once is never computed again.
//!
//! ```text
//!  .rails/embeddings/<key>/part-00000.parquet …   rows: image_id, path, status, error, embedding
//!                          _COMMIT.json           the parts that count; everything else is swept away
//! ```
//!
//! The key hashes the extractor's fingerprint, the depth range and the version of the decoders. A part is written to a
//! temporary name, synced and renamed before the commit names it: a process that dies loses at most the part it was
//! filling.

mod commit;
mod error;
mod part;
mod partition;
mod pipeline;
mod store;
mod stored;

pub use error::StoreError;
pub use store::{ManifestEmbeddings, Store};
