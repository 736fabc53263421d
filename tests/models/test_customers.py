"""What is known of a customer: the first touch is the first, whatever came later."""

from support.chain import Chain, at


def test_the_first_campaign_is_that_of_the_first_touchpoint() -> None:
    chain = Chain()
    mail = {"event_type": "email_sent", "channel": "email", "campaign": "abandoned_cart"}
    ad = {"event_type": "ad_clicked", "channel": "ads", "campaign": "Brand"}
    view = {"event_type": "page_view", "channel": "site"}
    for customer, rows in {"ana": (view, mail), "bob": (ad, view, mail)}.items():
        for n, row in enumerate(rows):
            base = {"touchpoint_id": f"{customer}{n}", "customer_key": customer}
            for table in ("touchpoints", "_touchpoints"):
                chain.insert(table, [{**base, **row, "occurred_at": at(hours=n)}])

    chain.run("customers")

    assert chain.rows("customers", "customer_key", "first_touch_campaign") == [
        ("ana", None),
        ("bob", "Brand"),
    ]
