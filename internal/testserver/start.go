package testserver

import "errors"

// StartAll starts every server whose program is installed and returns the environment that makes other test processes
// use them, and a message for each that is missing. Stop them with StopAll.
func StartAll() (env, missing []string, err error) {
	if v, e := postgres.get(); e == nil {
		env = append(env, PostgresEnv+"="+v.URL())
	} else if missing, err = note(missing, e); err != nil {
		return nil, nil, err
	}
	if v, e := s3.get(); e == nil {
		env = append(env, S3Env+"=http://"+v.AccessKey+":"+v.SecretKey+"@"+v.Endpoint[len("http://"):])
	} else if missing, err = note(missing, e); err != nil {
		return nil, nil, err
	}
	if v, e := mariadb.get(); e == nil {
		env = append(env, MariaDBEnv+"="+v.DSN())
	} else if missing, err = note(missing, e); err != nil {
		return nil, nil, err
	}
	return env, missing, nil
}

// note adds a missing program to the list; any other failure is returned.
func note(missing []string, err error) ([]string, error) {
	if _, ok := errors.AsType[errMissing](err); ok {
		return append(missing, err.Error()), nil
	}
	return missing, err
}
