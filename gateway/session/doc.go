// Package session holds what every front end of the gateway shares of a session: the silogate_ variables, their checks,
// and what they mean to a statement.
//
// It knows neither the MySQL protocol nor go-mysql-server: a front end registers Variables in its own way and reads them
// back with Read when a statement starts.
package session
