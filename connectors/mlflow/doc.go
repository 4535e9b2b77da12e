// Package mlflow reads an MLflow tracking server and model registry (2 and 3) by their REST API:
//
//	type: mlflow
//	url: http://127.0.0.1:5000
//
// The tables and their columns are declared in tables.go; what reads them, and the options that there are, is package
// connectors/rest. Runs are listed by experiment and the history of a metric by run and name: without them a scan is
// sqlerr.RequiredKeys. A join with experiments, or with run_metrics, gives them.
//
// MLflow keeps only the last value of a metric with a run; NaN and infinities are NULL, with a warning. Deleted experiments and runs are there,
// with lifecycle_stage deleted. Pages are by tokens: what is added or deleted while a list is read may be missing from it.
// Logged models are of MLflow 3: an older server has none of them.
//
// The package does not read artifacts, and resolves no URI.
package mlflow
