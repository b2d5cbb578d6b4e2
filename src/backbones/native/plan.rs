//! A network becomes a list of steps on a few reused maps.

use super::convolution::Packed;
use super::stem::Stem;
use crate::backbones::BackboneError;
use crate::backbones::architecture::{Activation, Architecture, Conv, MaxPool, NodeId, Op, Padding};
use crate::backbones::fold::fold;
use crate::backbones::weights::{Weights, WeightsSpec};

/// Position of a map in the scratch memory.
pub(super) type Slot = usize;

/// Operation of a step; its inputs are slots.
#[derive(Debug, Clone)]
pub(super) enum Work {
    /// The first convolution, from the image.
    Stem {
        stem: Stem,
    },
    Dense {
        input: Slot,
        packed: Packed,
        residual: Option<Slot>,
    },
    Depthwise {
        input: Slot,
        weights: Vec<f32>,
        bias: Vec<f32>,
    },
    MaxPool {
        input: Slot,
        pool: MaxPool,
    },
    Add {
        shortcut: Slot,
        branch: Slot,
    },
    GlobalPool {
        input: Slot,
    },
}

/// One step of the network.
#[derive(Debug, Clone)]
pub(super) struct PlanStep {
    pub work: Work,
    /// Kernel, stride and padding of a convolution; unused by other work.
    pub form: Form,
    pub bounds: (f32, f32),
    pub output: Slot,
    /// Where in the feature vector the average of the answer goes.
    pub features: Vec<std::ops::Range<usize>>,
}

/// The form of a convolution.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    pub kernel: usize,
    pub stride: usize,
    pub padding: Padding,
}

impl Form {
    const POINT: Self = Self { kernel: 1, stride: 1, padding: Padding::Each(0) };

    fn of(conv: &Conv) -> Self {
        Self { kernel: conv.kernel, stride: conv.stride, padding: conv.padding }
    }
}

/// The steps of a network, how many maps they need, and how many features they yield.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub steps: Vec<PlanStep>,
    pub slots: usize,
    pub features: usize,
}

impl Plan {
    /// # Errors
    /// When a tensor is missing.
    pub fn new(architecture: &Architecture, weights: &Weights, spec: &WeightsSpec) -> Result<Self, BackboneError> {
        let mut planner = Planner::new(architecture);
        for node in 1..architecture.nodes.len() {
            planner.place(node, weights, spec)?;
        }
        let features = architecture.layers.iter().map(|layer| layer.channels).sum();
        Ok(Self { steps: planner.steps, slots: planner.slots, features })
    }
}

struct Planner<'a> {
    architecture: &'a Architecture,
    /// How many nodes still read each node.
    readers: Vec<usize>,
    /// Where each computed node lies.
    slot_of: Vec<Slot>,
    free: Vec<Slot>,
    slots: usize,
    steps: Vec<PlanStep>,
}

impl<'a> Planner<'a> {
    fn new(architecture: &'a Architecture) -> Self {
        let mut readers = vec![0; architecture.nodes.len()];
        architecture.nodes.iter().flat_map(Op::inputs).for_each(|input| readers[input] += 1);
        let slot_of = vec![usize::MAX; readers.len()];
        Self { architecture, readers, slot_of, free: Vec::new(), slots: 0, steps: Vec::new() }
    }

    /// The convolution whose answer is only read by the addition `node` right behind it.
    fn fused_into(&self, node: NodeId) -> Option<(NodeId, &'a Conv, NodeId)> {
        let Op::Add { shortcut, branch, .. } = *self.architecture.nodes.get(node)? else { return None };
        let Op::Conv { input, conv } = &self.architecture.nodes[branch] else { return None };
        let alone = self.architecture.nodes.iter().flat_map(Op::inputs).filter(|&input| input == branch).count() == 1
            && self.architecture.layers.iter().all(|layer| layer.node != branch);
        let fits = branch + 1 == node && *input > 0 && !conv.depthwise && conv.activation == Activation::None;
        (alone && fits).then_some((*input, conv, shortcut))
    }

    fn place(&mut self, node: NodeId, weights: &Weights, spec: &WeightsSpec) -> Result<(), BackboneError> {
        // A convolution whose output is only added to a shortcut is computed together with that addition.
        if self.fused_into(node + 1).is_some() {
            return Ok(());
        }
        let slot_of = |input: NodeId| self.slot_of[input];
        let (work, form, activation, read) = match &self.architecture.nodes[node] {
            Op::Input { .. } => return Ok(()),
            Op::Conv { input, conv } => {
                let folded = fold(conv, weights)?;
                let work = if *input == 0 {
                    Work::Stem { stem: Stem::new(&folded, spec) }
                } else if conv.depthwise {
                    let area = conv.kernel * conv.kernel;
                    // Kernels read weights tap by tap, sixteen channels side by side.
                    let by_tap = |at: usize| folded.weights[at % conv.outputs * area + at / conv.outputs];
                    let weights = (0..folded.weights.len()).map(by_tap).collect();
                    Work::Depthwise { input: slot_of(*input), weights, bias: folded.bias }
                } else {
                    let packed = Packed::new(&folded.weights, &folded.bias, conv.inputs);
                    Work::Dense { input: slot_of(*input), packed, residual: None }
                };
                (work, Form::of(conv), conv.activation, vec![*input])
            }
            Op::MaxPool { input, pool } => {
                (Work::MaxPool { input: slot_of(*input), pool: *pool }, Form::POINT, Activation::None, vec![*input])
            }
            Op::GlobalPool { input } => {
                (Work::GlobalPool { input: slot_of(*input) }, Form::POINT, Activation::None, vec![*input])
            }
            Op::Add { shortcut, branch, activation } => {
                if let Some((input, conv, shortcut)) = self.fused_into(node) {
                    let folded = fold(conv, weights)?;
                    let packed = Packed::new(&folded.weights, &folded.bias, conv.inputs);
                    let work = Work::Dense { input: slot_of(input), packed, residual: Some(slot_of(shortcut)) };
                    (work, Form::of(conv), *activation, vec![input, shortcut])
                } else {
                    let work = Work::Add { shortcut: slot_of(*shortcut), branch: slot_of(*branch) };
                    (work, Form::POINT, *activation, vec![*shortcut, *branch])
                }
            }
        };
        // Maps are reused as soon as the last reader of one is done, so that few are alive at a time.
        let output = self.free.pop().unwrap_or_else(|| {
            self.slots += 1;
            self.slots - 1
        });
        self.slot_of[node] = output;
        for input in read {
            self.readers[input] -= 1;
            if self.readers[input] == 0 && input > 0 {
                self.free.push(self.slot_of[input]);
            }
        }
        let features = self.features_of(node);
        self.steps.push(PlanStep { work, form, bounds: activation.bounds(), output, features });
        if self.readers[node] == 0 {
            self.free.push(output);
        }
        Ok(())
    }

    fn features_of(&self, node: NodeId) -> Vec<std::ops::Range<usize>> {
        let mut start = 0;
        let mut ranges = Vec::new();
        for layer in &self.architecture.layers {
            if layer.node == node {
                ranges.push(start..start + layer.channels);
            }
            start += layer.channels;
        }
        ranges
    }
}
