package dataset

import (
	"fmt"
	"path/filepath"
	"strings"
)

// ReadClassNames reads the names of classes, in the order of their labels: a
// class map (a .csv file of index,wnid,name), or a name on each line.
func ReadClassNames(path string) ([]string, error) {
	var names []string
	if filepath.Ext(path) == ".csv" {
		classes, err := readClassMap(path)
		if err != nil {
			return nil, err
		}
		for _, c := range classes {
			names = append(names, c.name)
		}
		return names, nil
	}
	data, err := readFile(path, maxClassMap)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(strings.TrimRight(string(data), "\r\n")) {
		name := strings.TrimSpace(line)
		if name == "" {
			return nil, fmt.Errorf("%s:%d: an empty line: want the name of a class on each", path, len(names)+1)
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s: no names: want that of a class on each line", path)
	}
	return names, nil
}
