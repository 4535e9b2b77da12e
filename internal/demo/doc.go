// Package demo makes the small silos of `silogate demo`: a shop's relational database in SQLite, and a lake of Parquet
// files with a dataset of product reviews, split into train and test and labelled with three classes.
//
// Everything is generated from one fixed seed, so that the queries in Tour have answers that can be printed and tested.
package demo
