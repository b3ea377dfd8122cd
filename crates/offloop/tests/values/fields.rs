//! Attributes of fields.

use super::*;

#[test]
fn fields_that_one_side_skips_are_refused() {
    let told = "is written with other fields than it is read with";
    macro_rules! refuse {
        ($($value:expr),* $(,)?) => {
            $(let end = outcome_of($value);
            assert!(matches!(&end, End::Refused(what) if what.contains(told)), "{}: {end:?}", stringify!($value));)*
        };
    }
    for (a, b) in [(0, 0), (1, 2), (7, 9), (255, 1)] {
        refuse!(
            Hidden { a, b },
            HiddenDefault { a, b },
            AllDefault { a, b },
            Unread { a, b },
            Lonely { a, b },
            SwappedFields { a, b }
        );
        refuse!(
            Both { a, b, c: 3 },
            HiddenOption { a: Some(a), b },
            HiddenOption { a: None, b },
            RenamedFieldHere { a, b },
            AllFieldsHere { a, b }
        );
        refuse!(
            AliasedHidden { a, b: Some(b), c: 1 },
            AliasedDefault { a, b },
            PairHidden(a, b, 1),
            PairUnread(a, b, 1),
            NewtypeHidden(a, b)
        );
        refuse!(PairSkipsIf(None, b), TaggedRecord { a });
        refuse!(FieldsNotWritten::A(a), FieldsNotWritten::B(a, b, 1), FieldsNotWritten::C { c: a, d: b });
        refuse!(
            FieldsNotRead::A(a),
            FieldsNotRead::B(a, b, 1),
            FieldsNotRead::C { c: a, d: b },
            FieldsRenamed::A { a }
        );
    }
    are_refused!(Hidden { a: 1, b: 2 } => "Hidden: its argument: `Hidden` is written");
    are_refused!(SkipsIf { a: None, b: 1 } => "`a` is left out", SkipsIfDefault { a: vec![], b: 1 } => "`a` is left out");
    are_refused!(Flattened { a: RenamedField { a: 1, b: 2 }, b: 3 } => "`flatten`");
    for a in [BTreeMap::new(), BTreeMap::from([("a".to_owned(), 1)])] {
        let end = outcome_of(FlattenedHidden { a, b: 0 });
        assert!(matches!(end, End::Refused(_)), "{end:?}");
    }
}

#[test]
fn fields_arrive_under_every_name_that_both_sides_know() {
    for (a, b) in [(0, 0), (1, 2), (7, 9), (255, 1)] {
        arrive!(
            AliasedFields { a, b, c: 3 },
            RenamedField { a, b },
            RenamedFieldAliased { a, b },
            AllFields { a, b },
            Denies { a, b }
        );
        arrive!(
            SkipsIf { a: Some(a), b },
            SkipsIfDefault { a: vec![a], b },
            Converted { a },
            Parsed { a },
            WithField { a, b },
            Transparent { a }
        );
        arrive!(Pair(a, b), PairSkipsIf(Some(a), b), Newtype(a), TransparentTuple(vec![a, b]), With::A(a, b), With::B);
    }
}

/// Both sides agree on what is skipped: the far side has its default.
#[test]
fn skipped_fields_arrive_as_their_defaults() {
    arrive!(Skips { a: 0, b: 2 }, PairSkips(1, 0, 3), Fields::A(0), Fields::B(1, 0, 2), Fields::C { c: 0, d: 1 });
    assert_eq!(outcome_of(Skips { a: 1, b: 2 }), End::Other("(Skips { a: 0, b: 2 }, 7, 9)".to_owned()));
    assert_eq!(outcome_of(PairSkips(1, 2, 3)), End::Other("(PairSkips(1, 0, 3), 7, 9)".to_owned()));
}

#[test]
fn a_field_that_is_written_as_another_kind_of_value_is_refused() {
    for a in [0, 1, 7, 255] {
        for end in [outcome_of(WrittenWith { a, b: 1 }), outcome_of(WrittenSigned { a, b: 1 })] {
            assert!(matches!(end, End::Refused(_)), "{end:?}");
        }
    }
    are_refused!(WrittenSigned { a: 1, b: 1 } => "written in one form and read in another");
}
