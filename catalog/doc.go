// Package catalog knows the gateway's sources and gives their tables the names that clients use.
//
// A source's default namespace is the database named like the source; any other namespace is source_namespace. A name
// is matched as it is written first, then in lower case, then without regard to case if only one table differs from it
// by nothing else; so two names that differ only by case both stay reachable. Names longer than MySQL's 64 characters
// are shown and found under a stable short alias.
//
// Listings and descriptions of tables are cached for a few seconds, for each user apart, and asked for once however
// many want them; a statement may say how old they may be. A listing says in a warning what it could not reach, and waits for a source only so long; resolving
// a table is strict and fails with the source's own error.
//
// Sources come from the configuration file or from CREATE SERVER; the latter are kept in the store. The file wins over
// a stored server of its name.
//
// The package neither binds nor runs statements: Catalog satisfies the small interfaces that packages bind and optimize
// declare.
package catalog
