package dataset

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
)

// maxClassMap bounds a class map: ImageNet's 21,841 classes take 1.5 MB.
const maxClassMap = 16 << 20

// A class is a line of a class map.
type class struct {
	folder string // wnid
	name   string
}

// readClassMap reads a CSV file of index, folder and name, with a line
// "index,wnid,name" above. Indexes run from 0 without gaps, in order; a folder
// is a plain name, and occurs once.
func readClassMap(path string) ([]class, error) {
	data, err := readFile(path, maxClassMap)
	if err != nil {
		return nil, err
	}
	var classes []class
	seen := make(map[string]bool)
	lines := csv.NewReader(bytes.NewReader(data))
	lines.FieldsPerRecord = 3
	for {
		fields, err := lines.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w: want lines of index,wnid,name", path, err)
		}
		line, _ := lines.FieldPos(0)
		if line == 1 && fields[0] == "index" {
			continue
		}
		c, err := readClass(fields, len(classes))
		if err == nil && seen[c.folder] {
			err = fmt.Errorf("wnid %q a second time", c.folder)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, line, err)
		}
		seen[c.folder] = true
		classes = append(classes, c)
	}
	if len(classes) == 0 {
		return nil, fmt.Errorf("%s: no class: want lines of index,wnid,name", path)
	}
	return classes, nil
}

func readClass(fields []string, index int) (class, error) {
	if i, err := strconv.Atoi(fields[0]); err != nil || i != index {
		return class{}, fmt.Errorf("index %q: want %d, the next", fields[0], index)
	}
	folder := fields[1]
	if !filepath.IsLocal(folder) || folder == "." || strings.ContainsAny(folder, `/\`) {
		return class{}, fmt.Errorf("wnid %q: want the name of a folder, without a path", folder)
	}
	if fields[2] == "" {
		return class{}, fmt.Errorf("wnid %q: no name", folder)
	}
	return class{folder: folder, name: fields[2]}, nil
}
