#!/bin/sh
# A host without a runtime: it speaks as the probe does, and keeps each bucket as a folder and each key as a file,
# whose names are theirs in hexadecimal. Usage: host.sh MODE FOLDER
#   alone    keeps its data in a folder of this process, and answers
#   shared   keeps its data in FOLDER, and answers
#   stops    as alone, until all processes together were asked 60 times; then it reads on and says nothing
#   counts   as shared, one call at a time, and increments
#   loses    as counts, but others are let in between the two steps of an increment
#   tenth    as alone, but nine calls of ten answer an error
#   down     answers each call with the error of a backend that is down
mode="$1"
folder="$2"
mkdir -p "$folder" || exit 1
interface=store@0.2.0-draft
case "$mode" in
shared) data="$folder/data" ;;
counts | loses) data="$folder/data"; interface="$interface atomics" ;;
*) data="$folder/$$" ;;
esac
mkdir -p "$data" || exit 1
trap 'rm -rf "$folder/$$"' EXIT

# One process at a time, where that is wanted.
lock() {
    case "$mode" in counts | loses) until mkdir "$data/lock" 2>/dev/null; do :; done ;; esac
}
unlock() {
    case "$mode" in counts | loses) rmdir "$data/lock" ;; esac
}

# Adds the second number to that of a file. A number has at most 15 digits, each of which is two in hexadecimal.
increment() {
    number=0
    if [ -f "$1" ]; then
        read -r number <"$1"
        number="$(echo "$number" | sed -n 's/^x\(\(3[0-9]\)\{1,15\}\)$/\1/p' | sed 's/3\(.\)/\1/g; s/^0*\(.\)/\1/')"
    fi
    if [ -z "$number" ] || [ "${#2}" -gt 15 ]; then echo error other x; return; fi
    if [ "$mode" = loses ]; then unlock; lock; fi
    sum=$((number + $2))
    echo "x$(echo "$sum" | sed 's/\(.\)/3\1/g')" >"$1"
    echo "ok $sum"
}

echo kvspec-probe 1 $interface
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
    lock
    eval "bucket=\"\$data/\${bucket_$handle:-}\""
    case "$operation" in
    open) mkdir -p "$data/$first"; eval "bucket_$handle=$first"; echo ok ;;
    get) if [ -f "$bucket/$first" ]; then read -r value <"$bucket/$first"; echo "ok $value"; else echo ok -; fi ;;
    exists) if [ -f "$bucket/$first" ]; then echo ok true; else echo ok false; fi ;;
    set) echo "$second" >"$bucket/$first"; echo ok ;;
    delete) rm -f "$bucket/$first"; echo ok ;;
    list-keys) echo "ok - $(ls "$bucket" | tr '\n' ' ' | sed 's/ $//')" ;;
    increment) increment "$bucket/$first" "$second" ;;
    *) echo ok ;;
    esac
    unlock
done
