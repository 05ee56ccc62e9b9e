#!/bin/sh
# A host without a runtime: it speaks as the probe does, and keeps each bucket as a folder and each key as a file,
# whose names are theirs in hexadecimal. Usage: host.sh MODE FOLDER
#   alone    keeps its data in a folder of this process, and answers
#   shared   keeps its data in FOLDER, and answers
#   stops    as alone, until all processes together were asked 60 times; then it reads on and says nothing
#   tenth    as alone, but nine calls of ten answer an error
#   down     answers each call with the error of a backend that is down
mode="$1"
folder="$2"
mkdir -p "$folder" || exit 1
if [ "$mode" = shared ]; then data="$folder/data"; else data="$folder/$$"; fi
mkdir -p "$data" || exit 1
trap 'rm -rf "$folder/$$"' EXIT

echo kvspec-probe 1 store@0.2.0-draft
count=0
while read -r operation handle first second; do
    count=$((count + 1))
    case "$mode" in
    stops)
        printf . >>"$folder/asked"
        if [ "$(wc -c <"$folder/asked")" -gt 60 ]; then continue; fi
        ;;
    tenth)
        if [ $((count % 10)) -ne 0 ] && [ "$operation" != close ]; then
            echo error other x746f6f2062757379
            continue
        fi
        ;;
    down)
        echo error other x636f6e6e656374696f6e2072656675736564
        continue
        ;;
    esac
    eval "bucket=\"\$data/\${bucket_$handle:-}\""
    case "$operation" in
    open) mkdir -p "$data/$first"; eval "bucket_$handle=$first"; echo ok ;;
    get) if [ -f "$bucket/$first" ]; then read -r value <"$bucket/$first"; echo "ok $value"; else echo ok -; fi ;;
    exists) if [ -f "$bucket/$first" ]; then echo ok true; else echo ok false; fi ;;
    set) echo "$second" >"$bucket/$first"; echo ok ;;
    delete) rm -f "$bucket/$first"; echo ok ;;
    list-keys) echo "ok - $(ls "$bucket" | tr '\n' ' ' | sed 's/ $//')" ;;
    *) echo ok ;;
    esac
done
