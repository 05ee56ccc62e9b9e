#!/bin/bash -eu
# Copyright: the contributors of kvspec. Licensed under the Apache License, Version 2.0,
# http://www.apache.org/licenses/LICENSE-2.0

# The script is kept with the sources, so that both change together.
exec bash -eux "$SRC/kvspec/fuzz/continuous/build.sh"
