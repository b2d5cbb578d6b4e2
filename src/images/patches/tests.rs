use std::collections::BTreeMap;
use std::num::NonZeroU32;

use super::*;
use crate::data::ImageId;
use crate::images::decode;

#[test]
fn patches_are_images_of_their_own_and_together_the_whole() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("a.png");
    let picture = image::ImageBuffer::<image::Luma<u16>, _>::from_fn(7, 5, |x, y| image::Luma([(y * 1000 + x) as u16]));
    picture.save(&file).unwrap();
    let record = ImageRecord {
        id: ImageId::of_bytes(b"a"),
        path: "a.png".to_owned(),
        width: 7,
        height: 5,
        bit_depth: 16,
        fields: BTreeMap::from([("sid".to_owned(), "3".to_owned())]),
        tile: None,
        content: None,
    };
    let tiny = ImageRecord { path: "tiny.png".to_owned(), width: 1, ..record.clone() };
    let root = home.path().to_owned();
    let manifest = Manifest { root, records: vec![record.clone(), tiny], ..Manifest::default() };
    let two = NonZeroU32::new(2).unwrap();
    let sliced = slice(manifest, two, two);
    let paths: Vec<&str> = sliced.records.iter().map(|record| record.path.as_str()).collect();
    assert_eq!(paths, ["a.png#xywh=0,0,4,3", "a.png#xywh=4,0,3,3", "a.png#xywh=0,3,4,2", "a.png#xywh=4,3,3,2"]);
    assert_eq!(sliced.skipped.len(), 1, "one pixel makes no two columns");
    for patch in &sliced.records {
        let decoded = decode(&sliced.file(patch)).unwrap();
        assert_eq!((decoded.width as u32, decoded.height as u32), (patch.width, patch.height));
        let address = PatchAddress::parse_text(&patch.path).unwrap();
        let Samples::U16(counts) = decoded.samples else { panic!("the depth stays") };
        let first = picture.get_pixel(address.left as u32, address.top as u32).0[0];
        assert_eq!((counts[0], header_of(&sliced.file(patch)).unwrap().bit_depth), (first, 16));
        assert_eq!((patch.id, &patch.fields), (record.id.tile(address.place()), &record.fields));
    }
    let outside = decode(&home.path().join("a.png#xywh=4,3,4,2")).unwrap_err().to_string();
    assert!(outside.contains("7×5"), "{outside}");
    assert!(header_of(&home.path().join("a.png#xywh=0,0,8,1")).is_err());
    assert!(decode(&home.path().join("gone.png#xywh=0,0,1,1")).is_err());
    let (saved, pixels) = (home.path().join("patch.png"), decode(&sliced.file(&sliced.records[1])).unwrap());
    crate::images::save_image(&pixels, &saved).unwrap();
    assert_eq!(decode(&saved).unwrap(), pixels);
}
