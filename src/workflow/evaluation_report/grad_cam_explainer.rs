//! Grad-CAM (Selvaraju et al., ICCV 2017): what in an image spoke for a class, as warm colours over it.

use ndarray::{ArrayView1, s};

use crate::backbones::Backbone;
use crate::backbones::native::Native;
use crate::data::ClassId;
use crate::device::Device;
use crate::features::{BackboneFeatures, BatchExtractor, WithEnhancement};
use crate::images::Image;
use crate::recipes::NetworkRecipe;
use crate::report::heat_overlay;
use crate::runs::FeatureChain;
use crate::training::{Classifier, Head, heat_map};
use crate::workflow::feature_extraction::backbone;
use crate::workflow::{Context, WorkflowError};

/// The deepest layer a classifier looks at, ready to show its maps.
pub(crate) struct GradCamExplainer<'a> {
    head: &'a Head,
    /// Gives maps and not averages.
    native: Native,
    preparation: WithEnhancement<BackboneFeatures>,
    /// Such as `head`.
    pub layer: String,
    /// Where the layer's channels lie among the features.
    features: std::ops::Range<usize>,
}

impl<'a> GradCamExplainer<'a> {
    /// For a classifier on the features of `chain`; a sentence where it has no gradient.
    pub fn of(
        classifier: &'a Classifier,
        chain: &FeatureChain,
        context: &Context<'_>,
    ) -> Result<Result<Self, String>, WorkflowError> {
        if chain.recipe.hand_made().is_some() {
            return Ok(Err("This classifier goes by hand-made features: they have no maps to show.".to_owned()));
        }
        match (classifier, chain.recipe.network()) {
            (Classifier::Mlp(_), None) => {
                Ok(Err("This classifier goes by numbers of each frame: no network looks at pixels.".to_owned()))
            }
            (Classifier::Mlp(head), Some(network)) => Self::new(head, network, context).map(Ok),
            (Classifier::Knn(_), _) => {
                Ok(Err("This classifier goes by the nearest training images: nothing in it can be differentiated, so \
                         there are no such pictures. `rails predict --explain 5` names the training images instead."
                    .to_owned()))
            }
        }
    }

    fn new(head: &'a Head, recipe: &NetworkRecipe, context: &Context<'_>) -> Result<Self, WorkflowError> {
        let backbone = backbone(recipe, context)?;
        let (layer, features) = deepest(&backbone, &recipe.layers)?;
        let layers = [layer.clone()];
        let extractor = BackboneFeatures::new(&backbone, &layers, recipe.resize, Device::Cpu)?;
        let preparation = WithEnhancement::new(extractor, recipe.enhance.clone());
        Ok(Self { head, native: backbone.native(&layers)?, preparation, layer, features })
    }

    /// The image as the network sees it, and the same once per class of `classes` with what spoke for the class over it.
    ///
    /// `features` are those of the image, `[n_features]`.
    pub fn explain(
        &self,
        image: Image,
        features: ArrayView1<'_, f32>,
        classes: &[ClassId],
    ) -> Result<(Image, Vec<Image>), WorkflowError> {
        let image = self.preparation.prepare(image);
        let maps = self.native.maps(&[image.pixels.view()])?;
        let overlays = classes
            .iter()
            .map(|class| {
                let gradient = self.head.gradient(features, *class)?;
                let heat = heat_map(maps[0].view(), gradient.slice(s![self.features.clone()]));
                Ok(heat_overlay(&image, heat.view()))
            })
            .collect::<Result<_, WorkflowError>>()?;
        Ok((image, overlays))
    }
}

/// Of several layers the last that the network computes, and where its channels lie among the features.
fn deepest(backbone: &Backbone, layers: &[String]) -> Result<(String, std::ops::Range<usize>), WorkflowError> {
    let mut start = 0;
    let mut best: Option<(usize, String, std::ops::Range<usize>)> = None;
    for name in layers {
        let layer = backbone.architecture().layer(name)?;
        let features = start..start + layer.channels;
        start = features.end;
        if best.as_ref().is_none_or(|(node, ..)| layer.node > *node) {
            best = Some((layer.node, name.clone(), features));
        }
    }
    let (_, layer, features) =
        best.ok_or_else(|| WorkflowError::failed("the classifier looks at no layer", "train it again"))?;
    Ok((layer, features))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_layers_the_deepest_is_shown() {
        let backbone = Backbone::embedded().unwrap();
        let layers = ["head", "stage3", "stage5"].map(str::to_owned);
        assert_eq!(deepest(&backbone, &layers).unwrap(), ("head".to_owned(), 0..1280));
        assert_eq!(deepest(&backbone, &layers[1..]).unwrap(), ("stage5".to_owned(), 40..152));
        assert!(deepest(&backbone, &[]).is_err());
    }
}
