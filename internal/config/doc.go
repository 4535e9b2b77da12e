// Package config reads the gateway's configuration file.
//
// The file is YAML and strict: an unknown or repeated key, a value of the wrong type and a reference that can't be
// resolved are errors that name the key and, where the file is at fault, its line. Texts may refer to the environment,
// ${env:NAME}, and to files, ${file:/path}; this is the only place in the gateway that expands them. Error messages
// quote keys, never values: those may be secrets.
//
// What a source's options mean is its connector's business; here they are texts.
package config
