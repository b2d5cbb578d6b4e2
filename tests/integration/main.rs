//! The program as people use it: the binary is run in a folder of its own, and its exit code, its words and its files
//! are looked at. The images are tiles of `datasets/surfaces`, or made on the spot.

mod absurd_numbers;
mod architecture;
mod bounds;
mod broken_files;
mod browser;
mod class_names;
mod cluster;
mod compare;
mod containers;
mod crowded;
mod crystals;
mod curate;
mod doorway;
mod evaluate;
mod explore;
mod exports;
mod finetune;
mod formats;
mod frame_light;
mod frames;
mod help;
mod models;
mod modes;
mod pillars;
mod predict;
mod recipes;
mod review;
mod review_guard;
mod samples;
mod suggest;
mod sweep;
mod terminal;
mod tile;
mod train;
mod vanished;
mod whole_or_nothing;
mod words;

mod chromium;
mod generators;
mod pictures;
mod served;
mod workplace;
