//! A network in two parts: what stays as it is, and what is trained.

use super::BackboneError;
use super::architecture::{Architecture, Layer, NodeId, Op};

/// Layers that belong to the stage before them.
const NOT_STAGES: [&str; 2] = ["head", "logits"];

impl Architecture {
    /// Where the stage that `layer` belongs to begins: the layer before it, or `None` for the first stage.
    ///
    /// A stage ends at each named layer, and `head` and `logits` belong to the last: the last stage of
    /// efficientnet-lite0's `head` is everything after `stage6`, that of resnet50's `conv4_block6_out` everything after
    /// `conv3_block4_out`, that of vgg16's `head` everything after `block4_conv3`.
    ///
    /// # Errors
    /// When there is no such layer.
    pub fn before_stage_of(&self, layer: &str) -> Result<Option<&Layer>, BackboneError> {
        let layer = self.layer(layer)?;
        let stages: Vec<&Layer> =
            self.layers.iter().filter(|other| !NOT_STAGES.contains(&other.name.as_str())).collect();
        let stage = stages.iter().position(|stage| stage.node >= layer.node).unwrap_or(stages.len() - 1);
        Ok(stage.checked_sub(1).map(|before| stages[before]))
    }

    /// The part behind `layer`; its input is the layer's map instead of the image.
    ///
    /// # Errors
    /// When there is no such layer, or something else of what comes before it is needed too.
    pub fn after(&self, layer: &str) -> Result<Self, BackboneError> {
        let Layer { node: cut, channels, .. } = *self.layer(layer)?;
        let apart = |node: NodeId| node.checked_sub(cut).ok_or_else(|| BackboneError::NotAStage(layer.to_owned()));
        let mut nodes = vec![Op::Input { channels }];
        for op in &self.nodes[cut + 1..] {
            let mut op = op.clone();
            match &mut op {
                Op::Input { .. } => {}
                Op::Conv { input, .. } | Op::MaxPool { input, .. } | Op::GlobalPool { input } => {
                    *input = apart(*input)?;
                }
                Op::Add { shortcut, branch, .. } => (*shortcut, *branch) = (apart(*shortcut)?, apart(*branch)?),
            }
            nodes.push(op);
        }
        let behind = self.layers.iter().filter(|other| other.node >= cut);
        let layers = behind.map(|other| Layer { node: other.node - cut, ..other.clone() }).collect();
        Ok(Self { nodes, layers })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backbones::{BackboneName, Variant};

    fn stage(name: BackboneName, layer: &str) -> Option<String> {
        let whole = Architecture::of(name, Variant::of(name)[0]);
        whole.before_stage_of(layer).unwrap().map(|layer| layer.name.clone())
    }

    #[test]
    fn the_last_stage_begins_behind_the_one_before_it() {
        assert_eq!(stage(BackboneName::EfficientnetLite0, "head").as_deref(), Some("stage6"));
        assert_eq!(stage(BackboneName::EfficientnetLite0, "stage3").as_deref(), Some("stage2"));
        assert_eq!(stage(BackboneName::EfficientnetLite0, "stage1"), None);
        assert_eq!(stage(BackboneName::Resnet50, "conv4_block6_out").as_deref(), Some("conv3_block4_out"));
        assert_eq!(stage(BackboneName::Vgg16, "head").as_deref(), Some("block4_conv3"));
        assert!(Architecture::of(BackboneName::Vgg16, Variant::Caffe).before_stage_of("tail").is_err());
    }

    #[test]
    fn every_network_can_be_cut_behind_every_layer() {
        for name in BackboneName::ALL {
            let whole = Architecture::of(name, Variant::of(name)[0]);
            for layer in &whole.layers {
                let tail = whole.after(&layer.name).unwrap();
                assert_eq!(tail.nodes.len(), whole.nodes.len() - layer.node, "{name} {}", layer.name);
                assert_eq!((tail.layers[0].node, &tail.layers[0].name), (0, &layer.name));
                let head = whole.up_to(std::slice::from_ref(&layer.name)).unwrap();
                assert_eq!(head.convs().count() + tail.convs().count(), whole.convs().count());
            }
        }
    }
}
