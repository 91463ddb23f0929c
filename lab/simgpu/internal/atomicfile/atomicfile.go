// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package atomicfile writes files that other processes read at any time: they see the old content or the new one.
package atomicfile

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Write replaces the file at path by data. The content is on disk when it returns nil; the directory must exist.
func Write(path string, data []byte, mode fs.FileMode) error {
	return write(path, mode, func(file *os.File) error {
		_, err := file.Write(data)
		return err
	})
}

// Copy makes the file at path have the content of source, a readable file. A file that has it already stays as it is:
// whoever mapped or mounted it keeps sharing its memory.
func Copy(path, source string, mode fs.FileMode) error {
	if same, err := equal(path, source, mode); err != nil || same {
		return err
	}
	from, err := os.Open(source)
	if err != nil {
		return fmt.Errorf("copy to %s: %w", path, err)
	}
	defer from.Close()
	return write(path, mode, func(file *os.File) error {
		_, err := io.Copy(file, from)
		return err
	})
}

// Remove removes the file at path; a file that is not there is no error.
func Remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// write fills a temporary file beside path and renames it, after syncing it: a rename that survives a power cut without
// the content that it was for would leave an empty file. The temporary name ends in .tmp, so that readers which go by
// extension (CDI) pass it over.
func write(path string, mode fs.FileMode, fill func(*os.File) error) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := errors.Join(finish(file, mode, fill), file.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, Remove(file.Name())))
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, Remove(file.Name())))
	}
	return nil
}

// finish gives file its content and mode and puts both on disk.
func finish(file *os.File, mode fs.FileMode, fill func(*os.File) error) error {
	if err := fill(file); err != nil {
		return err
	}
	if err := file.Chmod(mode); err != nil {
		return err
	}
	return file.Sync()
}

// equal says whether path has the mode and the content of source; a path that is not there does not.
func equal(path, source string, mode fs.FileMode) (bool, error) {
	status, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if status.Mode() != mode {
		return false, nil
	}
	var sums [2][sha256.Size]byte
	for i, name := range []string{path, source} {
		if sums[i], err = digest(name); err != nil {
			return false, err
		}
	}
	return sums[0] == sums[1], nil
}

// digest returns the SHA-256 of a file's content.
func digest(name string) (sum [sha256.Size]byte, err error) {
	file, err := os.Open(name)
	if err != nil {
		return sum, err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return sum, fmt.Errorf("read %s: %w", name, err)
	}
	return [sha256.Size]byte(hash.Sum(nil)), nil
}
