//! Types that every stage shares. They check themselves on the way in; code that holds one need not check again.

mod arrays;
pub mod bounds;
mod checked;
mod class_name;
mod clustering;
mod embeddings;
mod folder_names;
mod frame_address;
mod image_id;
mod labels;
mod manifest;
mod patch_address;
pub mod path_text;
mod shortened;

pub use arrays::{ArraysError, ArraysReader, ArraysWriter};
pub use checked::{BelowOne, Fraction, NonNegative, OutOfRange, Positive, nonzero};
pub use class_name::{ClassName, NotAClassName, UNKNOWN, alike};
pub use clustering::{ClusterId, Clustering};
pub use embeddings::{Embeddings, EmbeddingsError};
pub use folder_names::{FolderNames, file_key, name_of_folder};
pub use frame_address::FrameAddress;
pub use image_id::{ImageId, NotAnImageId};
pub use labels::{ClassId, Labels};
pub use manifest::{ImageRecord, Manifest, Skipped, TileOrigin, names_part, part_of};
pub use patch_address::PatchAddress;
pub use shortened::{LONGEST_NAME, shortened};
